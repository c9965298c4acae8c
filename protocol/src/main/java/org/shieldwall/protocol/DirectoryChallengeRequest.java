package org.shieldwall.protocol;

import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ObjectNode;

/**
 * A host of a directory asks to be challenged (docs/protocol.md, section 4). Who it is comes with
 * the answer.
 *
 * @param enclave public keys of the enclave that is to be certified
 */
public record DirectoryChallengeRequest(KeySet enclave) {
  /** Reads a body. */
  public static DirectoryChallengeRequest parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parseMessage(body, "challenge request", ChallengeRequest.MAX_BYTES)
            .members("mode", "enclave");
    Members.requireMode(json, AttestationMode.DIRECTORY);
    return new DirectoryChallengeRequest(KeySet.fromJson(json.at("enclave")));
  }

  /** {@return the body} */
  public byte[] toBytes() {
    ObjectNode json = Json.object().put("mode", AttestationMode.DIRECTORY.id());
    json.set("enclave", enclave.toJson());
    return Json.bytes(json);
  }
}
