package org.shieldwall.protocol;

import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * The answer to a challenge in host-key mode (docs/protocol.md, section 4).
 *
 * @param token as it came with the challenge
 * @param enclave public keys of the enclave that is to be certified
 * @param signature over {@link ProofBinding#hostKey}
 */
public record HostKeyProof(String token, KeySet enclave, Bytes signature) {
  /** The longest body. */
  public static final int MAX_BYTES = 64 << 10;

  /** Of an RSA key of 16,384 bits. */
  private static final int MAX_SIGNATURE = 2048;

  /** Reads a body. */
  public static HostKeyProof parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parseMessage(body, "host key proof", MAX_BYTES)
            .members("token", "enclave", "signature");
    return new HostKeyProof(
        json.at("token").text(Challenge.MAX_TOKEN),
        KeySet.fromJson(json.at("enclave")),
        Members.bytes(json, "signature", MAX_SIGNATURE));
  }

  /** {@return the body} */
  public byte[] toBytes() {
    ObjectNode json = Json.object().put("token", token);
    json.set("enclave", enclave.toJson());
    return Json.bytes(Members.put(json, "signature", signature));
  }

  @Override
  public String toString() {
    return "HostKeyProof[" + enclave.id() + "]";
  }
}
