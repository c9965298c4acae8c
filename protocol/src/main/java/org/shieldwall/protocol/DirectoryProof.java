package org.shieldwall.protocol;

import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * The answer to a challenge in directory mode (docs/protocol.md, section 4).
 *
 * @param token as it came with the challenge
 * @param enclave public keys of the enclave that is to be certified
 * @param spnego the initiator's first token (RFC 4178), which holds a Kerberos AP-REQ
 * @param mic over {@link ProofBinding#directory}, by the key of that AP-REQ
 */
public record DirectoryProof(String token, KeySet enclave, Bytes spnego, Bytes mic) {
  /** The longest body. */
  public static final int MAX_BYTES = 256 << 10;

  /** A ticket holds its account's groups: Windows' own bound is 48,000 bytes. */
  private static final int MAX_TOKEN = 96 << 10;

  static final int MAX_MIC = 512;

  /** Reads a body. */
  public static DirectoryProof parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parseMessage(body, "directory proof", MAX_BYTES)
            .members("token", "enclave", "spnego", "mic");
    return new DirectoryProof(
        json.at("token").text(Challenge.MAX_TOKEN),
        KeySet.fromJson(json.at("enclave")),
        Members.bytes(json, "spnego", MAX_TOKEN),
        Members.bytes(json, "mic", MAX_MIC));
  }

  /** {@return the body} */
  public byte[] toBytes() {
    ObjectNode json = Json.object().put("token", token);
    json.set("enclave", enclave.toJson());
    Members.put(json, "spnego", spnego);
    return Json.bytes(Members.put(json, "mic", mic));
  }

  @Override
  public String toString() {
    return "DirectoryProof[" + enclave.id() + "]";
  }
}
