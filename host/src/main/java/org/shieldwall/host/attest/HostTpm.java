package org.shieldwall.host.attest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.Credential;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.Capabilities;
import org.shieldwall.tpm.command.Hierarchy;
import org.shieldwall.tpm.command.Quoted;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.command.TpmObject;
import org.shieldwall.tpm.command.TpmSession;

/**
 * The host's TPM with the two keys that attestation needs.
 *
 * <p>Both are primary keys of the endorsement hierarchy, made anew from its seed each time: the
 * same templates give the same keys, so nothing has to be stored, and nothing stored can be lost or
 * swapped. The attestation key has {@code noDA}: a TPM in dictionary attack lockout still attests.
 */
public final class HostTpm implements AutoCloseable {
  /** NV index of the RSA-2048 EK's certificate (TCG EK Credential Profile 2.5, section 2.2.1.4). */
  private static final int NV_EK_RSA = 0x01C00002;

  /** NV index of the ECC P-256 EK's certificate (same section). */
  private static final int NV_EK_ECC = 0x01C0000A;

  private final Tpm tpm;
  private final TpmObject endorsement;
  private final Optional<Bytes> certificate;
  private final TpmObject attestation;

  private HostTpm(
      Tpm tpm, TpmObject endorsement, Optional<Bytes> certificate, TpmObject attestation) {
    this.tpm = tpm;
    this.endorsement = endorsement;
    this.certificate = certificate;
    this.attestation = attestation;
  }

  /**
   * Opens the TPM and makes its keys. The RSA endorsement key is used where the TPM holds a
   * certificate for that one only; the ECC key otherwise, which is much faster to make.
   */
  public static HostTpm open(TpmAddress place) throws IOException, TpmException {
    Tpm tpm = place.open();
    try {
      Optional<Bytes> ecc = certificate(tpm, NV_EK_ECC);
      Optional<Bytes> rsa = ecc.isPresent() ? Optional.empty() : certificate(tpm, NV_EK_RSA);
      TpmPublic template =
          rsa.isPresent() ? KeyTemplates.endorsementRsa2048() : KeyTemplates.endorsementEccP256();
      TpmObject endorsement = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, template);
      TpmObject attestation =
          tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, KeyTemplates.attestationEccP256(salt()));
      return new HostTpm(tpm, endorsement, ecc.or(() -> rsa), attestation);
    } catch (TpmException | RuntimeException failed) {
      tpm.close();
      throw failed;
    }
  }

  /** {@return the endorsement key's public area} */
  public TpmPublic endorsementKey() {
    return endorsement.area();
  }

  /** {@return the endorsement key's certificate as the TPM's NV holds it, if it does} */
  public Optional<Bytes> endorsementCertificate() {
    return certificate;
  }

  /** {@return the attestation key's public area} */
  public TpmPublic attestationKey() {
    return attestation.area();
  }

  /** {@return how often the TPM was powered on, as its quotes will say} */
  public long resetCount() throws TpmException {
    return tpm.clock().clock().resetCount();
  }

  /** {@return the manufacturer's four letters} */
  public String manufacturer() throws TpmException {
    return tpm.capabilities().manufacturer();
  }

  /** {@return what an administrator registers of this host} */
  public HostIdentity identity(String name) throws TpmException {
    return new HostIdentity(name, endorsement.area().sized(), certificate, manufacturer());
  }

  /** {@return the secret in a credential made for this endorsement key and attestation key} */
  public byte[] activate(Credential credential) throws TpmException {
    // The EK's policy is PolicySecret over the endorsement hierarchy (same profile, section B.3).
    try (TpmSession session = tpm.policySession(TpmHash.SHA256)) {
      TpmSession satisfied = session.policySecret(Hierarchy.ENDORSEMENT, Authorization.none());
      return tpm.keys()
          .activateCredential(
              attestation,
              Authorization.none(),
              endorsement,
              Authorization.session(satisfied),
              credential);
    }
  }

  /** A quote, and the values it speaks of. */
  public record Measured(Quoted quoted, SortedMap<Integer, Bytes> values) {}

  /** Quotes PCRs of the SHA-256 bank; tries again if one was extended between the two commands. */
  public Measured quote(Bytes extraData, List<Integer> pcrs) throws TpmException {
    PcrSelection selection =
        PcrSelection.of(TpmHash.SHA256, pcrs.stream().mapToInt(Integer::intValue).toArray());
    Measured measured = quoteOnce(extraData, selection);
    for (int attempt = 0; attempt < 5 && !fits(measured); attempt++) {
      measured = quoteOnce(extraData, selection);
    }
    return measured;
  }

  private Measured quoteOnce(Bytes extraData, PcrSelection selection) throws TpmException {
    PcrValues values = tpm.pcrs().read(selection);
    Quoted quoted = tpm.keys().quote(attestation, Authorization.none(), extraData, selection);
    SortedMap<Integer, Bytes> bank = values.banks().get(TpmHash.SHA256);
    return new Measured(quoted, bank == null ? new TreeMap<>() : bank);
  }

  private static boolean fits(Measured measured) {
    PcrValues values = PcrValues.of(TpmHash.SHA256, measured.values());
    return measured.quoted().attest().attested() instanceof TpmAttest.Quote quote
        && values.digest(TpmHash.SHA256, quote.selection()).equals(Optional.of(quote.pcrDigest()));
  }

  @Override
  public void close() throws TpmException {
    try {
      attestation.close();
      endorsement.close();
    } finally {
      tpm.close();
    }
  }

  private static Optional<Bytes> certificate(Tpm tpm, int index) throws TpmException {
    return tpm.capabilities().handles(Capabilities.NV).contains(index)
        ? Optional.of(tpm.nv().read(index))
        : Optional.empty();
  }

  private static Bytes salt() {
    return Bytes.of(
        TpmHash.SHA256
            .digest()
            .digest("shieldwall attestation key 1".getBytes(StandardCharsets.US_ASCII)));
  }
}
