package org.shieldwall.protocol;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.shieldwall.tpm.Bytes;

/** How a quote is tied to one challenge and one enclave (docs/protocol.md, section 2). */
public final class AttestationBinding {
  /** The PCR that is the enclave's. */
  public static final int ENCLAVE_PCR = 15;

  private static final int ID_SIZE = 32;
  private static final byte[] PURPOSE =
      "shieldwall attestation v1\0".getBytes(StandardCharsets.UTF_8);

  private AttestationBinding() {}

  /**
   * {@return the quote's {@code extraData}}
   *
   * @param nonce the challenge's nonce, 32 bytes
   * @param enclaveId digest of the enclave's key set, 32 bytes
   */
  public static Bytes extraData(Bytes nonce, Bytes enclaveId) {
    requireSize(nonce, "nonce");
    requireSize(enclaveId, "enclave id");
    MessageDigest sha256 = sha256();
    sha256.update(PURPOSE);
    nonce.updateInto(sha256);
    enclaveId.updateInto(sha256);
    return Bytes.of(sha256.digest());
  }

  /** {@return what the enclave's PCR holds when the enclave's id was extended into it, once} */
  public static Bytes enclavePcr(Bytes enclaveId) {
    requireSize(enclaveId, "enclave id");
    MessageDigest sha256 = sha256();
    sha256.update(new byte[ID_SIZE]);
    enclaveId.updateInto(sha256);
    return Bytes.of(sha256.digest());
  }

  private static void requireSize(Bytes value, String what) {
    if (value.length() != ID_SIZE) {
      throw new IllegalArgumentException(what + " of " + value.length() + " bytes, not " + ID_SIZE);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
