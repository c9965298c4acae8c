package org.shieldwall.protocol;

import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * A host with a registered key asks to be challenged (docs/protocol.md, section 4).
 *
 * @param key SHA-256 of the key's SubjectPublicKeyInfo
 * @param enclave public keys of the enclave that is to be certified
 */
public record HostKeyChallengeRequest(Bytes key, KeySet enclave) {
  private static final int DIGEST_SIZE = 32;

  /** Reads a body. */
  public static HostKeyChallengeRequest parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parseMessage(body, "challenge request", ChallengeRequest.MAX_BYTES)
            .members("mode", "key", "enclave");
    Members.requireMode(json, AttestationMode.HOST_KEY);
    return new HostKeyChallengeRequest(
        Bytes.of(json.at("key").bytes(DIGEST_SIZE)), KeySet.fromJson(json.at("enclave")));
  }

  /** {@return the body} */
  public byte[] toBytes() {
    ObjectNode json = Json.object().put("mode", AttestationMode.HOST_KEY.id());
    Members.put(json, "key", key);
    json.set("enclave", enclave.toJson());
    return Json.bytes(json);
  }
}
