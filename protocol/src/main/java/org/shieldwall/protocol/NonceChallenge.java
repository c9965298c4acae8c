package org.shieldwall.protocol;

import java.time.Instant;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a host must answer in the modes without a TPM's evidence (docs/protocol.md, section 4).
 *
 * @param token opaque; to be sent back once
 * @param nonce 32 bytes, to be signed
 * @param expires when the token is no longer good
 */
public record NonceChallenge(String token, Bytes nonce, Instant expires) {
  /** The longest body. */
  public static final int MAX_BYTES = 8 << 10;

  /** Reads a body. */
  public static NonceChallenge parse(byte[] body) throws ProtectorException {
    Json json = Json.parse(body, "challenge", MAX_BYTES).members("token", "nonce", "expires");
    return new NonceChallenge(
        json.at("token").text(Challenge.MAX_TOKEN),
        Bytes.of(json.at("nonce").bytes(Challenge.NONCE_SIZE)),
        json.at("expires").time());
  }

  /** {@return the body} */
  public byte[] toBytes() {
    ObjectNode json = Json.object().put("token", token);
    Members.put(json, "nonce", nonce);
    return Json.bytes(json.put("expires", expires.toString()));
  }

  @Override
  public String toString() {
    return "NonceChallenge[expires=" + expires + "]";
  }
}
