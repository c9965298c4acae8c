package org.shieldwall.protocol;

import java.nio.charset.StandardCharsets;
import org.shieldwall.tpm.Bytes;

/**
 * How a proof without a TPM's quote is tied to one purpose, one challenge and one enclave
 * (docs/protocol.md, section 4). Every part has a fixed length, so that no two sets of parts give
 * the same bytes.
 */
public final class ProofBinding {
  private static final Bytes HOST_KEY = purpose("shieldwall host key attestation v1\0");
  private static final Bytes DIRECTORY = purpose("shieldwall directory attestation v1\0");
  private static final Bytes DIRECTORY_REPLY = purpose("shieldwall directory attested v1\0");
  private static final int SIZE = 32;

  private ProofBinding() {}

  private static Bytes purpose(String text) {
    return Bytes.of(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * {@return what a host key signs}
   *
   * @param nonce the challenge's nonce, 32 bytes
   * @param enclaveId digest of the enclave's key set, 32 bytes
   * @param key SHA-256 of the host key's SubjectPublicKeyInfo: a signature that happens to verify
   *     under another key too says nothing for that one
   */
  public static Bytes hostKey(Bytes nonce, Bytes enclaveId, Bytes key) {
    return Bytes.concat(
        HOST_KEY, sized(nonce, "nonce"), sized(enclaveId, "enclave id"), sized(key, "key"));
  }

  /**
   * {@return what a host's Kerberos exchange authenticates}
   *
   * @param nonce the challenge's nonce, 32 bytes
   * @param enclaveId digest of the enclave's key set, 32 bytes
   */
  public static Bytes directory(Bytes nonce, Bytes enclaveId) {
    return Bytes.concat(DIRECTORY, sized(nonce, "nonce"), sized(enclaveId, "enclave id"));
  }

  /**
   * {@return what the service's side of the exchange authenticates}
   *
   * @param nonce the challenge's nonce, 32 bytes
   * @param certificate the health certificate, DER
   */
  public static Bytes directoryReply(Bytes nonce, Bytes certificate) {
    return Bytes.concat(DIRECTORY_REPLY, sized(nonce, "nonce"), certificate);
  }

  private static Bytes sized(Bytes value, String what) {
    if (value.length() != SIZE) {
      throw new IllegalArgumentException(what + " of " + value.length() + " bytes, not " + SIZE);
    }
    return value;
  }
}
