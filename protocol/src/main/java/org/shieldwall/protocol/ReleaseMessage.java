package org.shieldwall.protocol;

import java.util.Optional;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A host asks, for its enclave, for the keys of a VM (docs/protocol.md, section 3).
 *
 * @param certificate the host's health certificate, DER
 * @param request the enclave's signed release request, unread
 * @param protector the VM's key protector, unread
 * @param restore the owner's grant to start from an older state, unread
 */
public record ReleaseMessage(
    Bytes certificate, Json request, Json protector, Optional<Json> restore) {
  /** The longest body. */
  public static final int MAX_BYTES = 1 << 20;

  private static final int MAX_CERTIFICATE = 32 << 10;

  /** Reads a body. */
  public static ReleaseMessage parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parseMessage(body, "release message", MAX_BYTES)
            .members("certificate", "request", "protector", "restore");
    return new ReleaseMessage(
        Members.bytes(json, "certificate", MAX_CERTIFICATE),
        json.at("request"),
        json.at("protector"),
        json.nullable("restore"));
  }

  /**
   * {@return the body}
   *
   * @param request as the enclave gave it; whoever relays it need not read it
   */
  public static byte[] toBytes(Bytes certificate, JsonNode request, JsonNode protector) {
    return toBytes(certificate, request, protector, Optional.empty());
  }

  /** {@return the body, with the owner's grant to start from an older state} */
  public static byte[] toBytes(
      Bytes certificate, JsonNode request, JsonNode protector, Optional<JsonNode> restore) {
    ObjectNode json = Json.object();
    Members.put(json, "certificate", certificate);
    json.set("request", request);
    json.set("protector", protector);
    restore.ifPresentOrElse(grant -> json.set("restore", grant), () -> json.putNull("restore"));
    return Json.bytes(json);
  }
}
