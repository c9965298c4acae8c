package org.shieldwall.tpm;

import static org.shieldwall.tpm.ObjectAttribute.ADMIN_WITH_POLICY;
import static org.shieldwall.tpm.ObjectAttribute.DECRYPT;
import static org.shieldwall.tpm.ObjectAttribute.FIXED_PARENT;
import static org.shieldwall.tpm.ObjectAttribute.FIXED_TPM;
import static org.shieldwall.tpm.ObjectAttribute.NO_DA;
import static org.shieldwall.tpm.ObjectAttribute.RESTRICTED;
import static org.shieldwall.tpm.ObjectAttribute.SENSITIVE_DATA_ORIGIN;
import static org.shieldwall.tpm.ObjectAttribute.SIGN;
import static org.shieldwall.tpm.ObjectAttribute.USER_WITH_AUTH;

import java.security.PublicKey;

/**
 * Public areas to create objects with. A primary key is a function of its hierarchy's seed and its
 * whole template, so the same template gives the same key at every boot and nothing is stored.
 */
public final class KeyTemplates {
  /** A salt that tells one attestation key from another, in bytes. */
  public static final int SALT_SIZE = 32;

  private static final int RSA_2048_BYTES = 256;
  private static final int P256_BYTES = 32;

  private static final ObjectAttributes ENDORSEMENT =
      ObjectAttributes.of(
          FIXED_TPM, FIXED_PARENT, SENSITIVE_DATA_ORIGIN, ADMIN_WITH_POLICY, RESTRICTED, DECRYPT);

  private static final ObjectAttributes ATTESTATION =
      ObjectAttributes.of(
          FIXED_TPM, FIXED_PARENT, SENSITIVE_DATA_ORIGIN, USER_WITH_AUTH, NO_DA, RESTRICTED, SIGN);

  private static final ObjectAttributes STORAGE =
      ObjectAttributes.of(
          FIXED_TPM, FIXED_PARENT, SENSITIVE_DATA_ORIGIN, USER_WITH_AUTH, RESTRICTED, DECRYPT);

  private KeyTemplates() {}

  /**
   * {@return the default RSA-2048 endorsement key} TCG EK Credential Profile 2.x, annex B.3.3,
   * template L-1.
   */
  public static TpmPublic endorsementRsa2048() {
    return TpmPublic.of(
        TpmHash.SHA256,
        ENDORSEMENT,
        endorsementPolicy().value(),
        new TpmKey.Rsa(
            SymmetricDefinition.AES_128_CFB, TpmScheme.NONE, 2048, 0, Bytes.zeros(RSA_2048_BYTES)));
  }

  /**
   * {@return the default ECC P-256 endorsement key} TCG EK Credential Profile 2.x, annex B.3.4,
   * template L-2.
   */
  public static TpmPublic endorsementEccP256() {
    Bytes zeros = Bytes.zeros(P256_BYTES);
    return TpmPublic.of(
        TpmHash.SHA256,
        ENDORSEMENT,
        endorsementPolicy().value(),
        p256(SymmetricDefinition.AES_128_CFB, TpmScheme.NONE, zeros, zeros));
  }

  /** {@return the default endorsement keys' policy: whoever may use the endorsement hierarchy} */
  public static PolicyDigest endorsementPolicy() {
    TpmName hierarchy = TpmName.ofHandle(0x4000000B);
    return PolicyDigest.start(TpmHash.SHA256).secret(hierarchy, Bytes.EMPTY);
  }

  /**
   * {@return an attestation key that signs by ECDSA with SHA-256}
   *
   * @param salt {@value #SALT_SIZE} bytes
   */
  public static TpmPublic attestationEccP256(Bytes salt) {
    requireSalt(salt);
    return TpmPublic.of(
        TpmHash.SHA256,
        ATTESTATION,
        Bytes.EMPTY,
        p256(
            SymmetricDefinition.NONE,
            TpmScheme.of(TpmAlgorithm.ECDSA, TpmHash.SHA256),
            salt,
            Bytes.zeros(P256_BYTES)));
  }

  /**
   * {@return a key that signs, by ECDSA with SHA-256, any digest it is given} Unlike an attestation
   * key it could sign what looks like a quote: its signature alone is no evidence of anything
   * measured.
   *
   * @param salt {@value #SALT_SIZE} bytes
   */
  public static TpmPublic signingEccP256(Bytes salt) {
    requireSalt(salt);
    return TpmPublic.of(
        TpmHash.SHA256,
        ObjectAttributes.of(
            FIXED_TPM, FIXED_PARENT, SENSITIVE_DATA_ORIGIN, USER_WITH_AUTH, NO_DA, SIGN),
        Bytes.EMPTY,
        p256(
            SymmetricDefinition.NONE,
            TpmScheme.of(TpmAlgorithm.ECDSA, TpmHash.SHA256),
            salt,
            Bytes.zeros(P256_BYTES)));
  }

  /**
   * {@return an attestation key that signs by RSA with SHA-256}
   *
   * @param scheme {@link TpmAlgorithm#RSASSA} or {@link TpmAlgorithm#RSAPSS}
   * @param salt {@value #SALT_SIZE} bytes
   */
  public static TpmPublic attestationRsa2048(TpmAlgorithm scheme, Bytes salt) {
    requireSalt(salt);
    return TpmPublic.of(
        TpmHash.SHA256,
        ATTESTATION,
        Bytes.EMPTY,
        new TpmKey.Rsa(
            SymmetricDefinition.NONE,
            TpmScheme.of(scheme, TpmHash.SHA256),
            2048,
            0,
            Bytes.concat(salt, Bytes.zeros(RSA_2048_BYTES - SALT_SIZE))));
  }

  /**
   * {@return the storage key that systemd 252 makes afresh, in the owner hierarchy, whenever it
   * seals or opens a volume key ({@code tpm2-primary-alg} ecc)} Bit for bit the same, without noDA
   * too: any difference would give another key.
   */
  public static TpmPublic storageEccP256() {
    return TpmPublic.of(
        TpmHash.SHA256,
        STORAGE,
        Bytes.EMPTY,
        p256(SymmetricDefinition.AES_128_CFB, TpmScheme.NONE, Bytes.EMPTY, Bytes.EMPTY));
  }

  /**
   * {@return a storage key for a host's own use, exempt from dictionary-attack protection} A loss
   * of power while it was in use does not count as an attack.
   */
  public static TpmPublic hostStorageEccP256() {
    return TpmPublic.of(
        TpmHash.SHA256,
        ObjectAttributes.of(
            FIXED_TPM,
            FIXED_PARENT,
            SENSITIVE_DATA_ORIGIN,
            USER_WITH_AUTH,
            NO_DA,
            RESTRICTED,
            DECRYPT),
        Bytes.EMPTY,
        p256(SymmetricDefinition.AES_128_CFB, TpmScheme.NONE, Bytes.EMPTY, Bytes.EMPTY));
  }

  /**
   * {@return sealed data that opens under {@code policy} alone} Exempt from dictionary-attack
   * protection, since there is no authorization value to guess, and a host that loses power must
   * not lock its guests out.
   */
  public static TpmPublic sealedData(PolicyDigest policy) {
    return TpmPublic.of(
        policy.hash(),
        ObjectAttributes.of(FIXED_TPM, FIXED_PARENT, NO_DA),
        policy.value(),
        new TpmKey.KeyedHash(TpmScheme.NONE, Bytes.EMPTY));
  }

  /**
   * {@return the public area of a key from outside, for a TPM to verify signatures with} Its name
   * belongs to this area, not to whatever area the key may have elsewhere.
   *
   * @param scheme the key's signing scheme; none where each signature may name its own
   * @throws MalformedException if it is neither RSA nor on P-256, P-384 or P-521
   */
  public static TpmPublic external(PublicKey key, TpmScheme scheme) throws MalformedException {
    return TpmPublic.of(
        TpmHash.SHA256,
        ObjectAttributes.of(USER_WITH_AUTH, SIGN),
        Bytes.EMPTY,
        PublicKeys.fromJava(key, SymmetricDefinition.NONE, scheme));
  }

  private static TpmKey p256(SymmetricDefinition symmetric, TpmScheme scheme, Bytes x, Bytes y) {
    return new TpmKey.Ecc(symmetric, scheme, TpmCurve.NIST_P256, TpmScheme.NONE, x, y);
  }

  private static void requireSalt(Bytes salt) {
    if (salt.length() != SALT_SIZE) {
      throw new IllegalArgumentException("a salt of " + salt.length() + " bytes");
    }
  }
}
