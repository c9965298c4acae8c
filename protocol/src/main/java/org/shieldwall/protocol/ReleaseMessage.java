package org.shieldwall.protocol;

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
 */
public record ReleaseMessage(Bytes certificate, Json request, Json protector) {
  /** The longest body. */
  public static final int MAX_BYTES = 1 << 20;

  private static final int MAX_CERTIFICATE = 32 << 10;

  /** Reads a body. */
  public static ReleaseMessage parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parseMessage(body, "release message", MAX_BYTES)
            .members("certificate", "request", "protector");
    return new ReleaseMessage(
        Members.bytes(json, "certificate", MAX_CERTIFICATE),
        json.at("request"),
        json.at("protector"));
  }

  /**
   * {@return the body}
   *
   * @param request as the enclave gave it; whoever relays it need not read it
   */
  public static byte[] toBytes(Bytes certificate, JsonNode request, JsonNode protector) {
    ObjectNode json = Json.object();
    Members.put(json, "certificate", certificate);
    json.set("request", request);
    json.set("protector", protector);
    return Json.bytes(json);
  }
}
