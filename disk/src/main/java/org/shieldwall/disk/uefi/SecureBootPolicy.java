package org.shieldwall.disk.uefi;

import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.LocalDateTime;
import java.util.List;
import org.shieldwall.disk.uefi.SignatureDatabase.SignatureList;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * What decides which boot loaders a machine runs: the four signature databases.
 *
 * @param platformKey {@code PK}: who may replace KEK
 * @param keyExchangeKeys {@code KEK}: who may change db and dbx
 * @param allowed {@code db}: what may run
 * @param forbidden {@code dbx}: what may not, even so
 */
public record SecureBootPolicy(
    SignatureDatabase platformKey,
    SignatureDatabase keyExchangeKeys,
    SignatureDatabase allowed,
    SignatureDatabase forbidden) {

  /** Marks the entries that Shieldwall enrols. */
  public static final EfiGuid OWNER = EfiGuid.of("7b2b9d5e-5b1c-4a6e-9d55-5e1d0a115e1d");

  // EDK II's own switches, which no specification names. With PK present, an absent
  // SecureBootEnable means
  // "on" and an absent CustomMode "standard"; both are written so that nothing rests on a default.
  private static final EfiGuid SECURE_BOOT_ENABLE_VENDOR =
      EfiGuid.of("f0a30bc7-af08-4556-99c4-001009c93a44");
  private static final EfiGuid CUSTOM_MODE_VENDOR =
      EfiGuid.of("c076ec0c-7028-4399-a072-71ee5c448b9f");

  private static final int SWITCH = EfiVariable.NON_VOLATILE | EfiVariable.BOOT_SERVICE;
  private static final int KEYS =
      SWITCH | EfiVariable.RUNTIME | EfiVariable.TIME_BASED_AUTHENTICATED;

  // The SHA-256 of no bytes, which no image has: dbx exists, and is updated rather than created.
  private static final Bytes DIGEST_OF_NOTHING = TpmHash.SHA256.hash(Bytes.EMPTY);

  /**
   * {@return the policy of a machine that runs what {@code certificate} signed and nothing else,
   * and whose policy only the holder of that key may change} No vendor's key is in it.
   */
  public static SecureBootPolicy onlySignedBy(X509Certificate certificate)
      throws CertificateEncodingException {
    return of(List.of(Bytes.of(certificate.getEncoded())), List.of());
  }

  /**
   * {@return the policy of a machine that runs what one of these certificates' keys signed and
   * nothing else} The first certificate is the platform key; all of them may update db and dbx.
   *
   * @param certificates DER, at least one
   * @param forbidden SHA-256 digests of images (Authenticode's), which do not run even so
   */
  public static SecureBootPolicy of(List<Bytes> certificates, List<Bytes> forbidden) {
    // Certificates differ in size, and a list holds one size: each has a list of its own.
    List<SignatureList> signers =
        certificates.stream().map(one -> list(EfiGuid.CERT_X509, List.of(one))).toList();
    SignatureDatabase signed = new SignatureDatabase(signers);
    List<Bytes> digests = forbidden.isEmpty() ? List.of(DIGEST_OF_NOTHING) : forbidden;
    return new SecureBootPolicy(
        new SignatureDatabase(List.of(signers.getFirst())),
        signed,
        signed,
        new SignatureDatabase(List.of(list(EfiGuid.CERT_SHA256, digests))));
  }

  private static SignatureList list(EfiGuid type, List<Bytes> entries) {
    return new SignatureList(type, entries.stream().map(one -> new Signature(OWNER, one)).toList());
  }

  /**
   * Reads the policy that is enrolled in a variable store.
   *
   * @throws MalformedException if one of the four variables is not a signature database
   */
  public static SecureBootPolicy enrolledIn(UefiVariableStore store) throws MalformedException {
    return new SecureBootPolicy(
        database(store, "PK", EfiGuid.GLOBAL_VARIABLE),
        database(store, "KEK", EfiGuid.GLOBAL_VARIABLE),
        database(store, "db", EfiGuid.IMAGE_SECURITY_DATABASE),
        database(store, "dbx", EfiGuid.IMAGE_SECURITY_DATABASE));
  }

  /**
   * {@return {@code store} with this policy enrolled and in force (user mode, Secure Boot on)}
   *
   * @param time when the databases count as written: an update must be later
   * @throws VariableStoreFullException if the variables do not fit
   */
  public UefiVariableStore enrolInto(UefiVariableStore store, LocalDateTime time)
      throws VariableStoreFullException {
    EfiTime written = EfiTime.of(time);
    UefiVariableStore out = store;
    out = enrol(out, "PK", EfiGuid.GLOBAL_VARIABLE, written, platformKey);
    out = enrol(out, "KEK", EfiGuid.GLOBAL_VARIABLE, written, keyExchangeKeys);
    out = enrol(out, "db", EfiGuid.IMAGE_SECURITY_DATABASE, written, allowed);
    out = enrol(out, "dbx", EfiGuid.IMAGE_SECURITY_DATABASE, written, forbidden);
    out = out.with(setting("SecureBootEnable", SECURE_BOOT_ENABLE_VENDOR, 1));
    return out.with(setting("CustomMode", CUSTOM_MODE_VENDOR, 0));
  }

  private static EfiVariable setting(String name, EfiGuid vendor, int value) {
    return new EfiVariable(name, vendor, SWITCH, EfiTime.NONE, Bytes.of(new byte[] {(byte) value}));
  }

  private static UefiVariableStore enrol(
      UefiVariableStore store, String name, EfiGuid vendor, EfiTime time, SignatureDatabase keys)
      throws VariableStoreFullException {
    return keys.lists().isEmpty()
        ? store.without(name, vendor)
        : store.with(new EfiVariable(name, vendor, KEYS, time, keys.encoded()));
  }

  private static SignatureDatabase database(UefiVariableStore store, String name, EfiGuid vendor)
      throws MalformedException {
    var variable = store.variable(name, vendor);
    return variable.isPresent()
        ? SignatureDatabase.parse(variable.get().data())
        : SignatureDatabase.empty();
  }
}
