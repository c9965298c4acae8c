package org.shieldwall.protocol;

import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A host tells, for its enclave, what has become of a VM (docs/protocol.md, section 5).
 *
 * @param certificate the host's health certificate, DER
 * @param report the enclave's signed report, unread
 */
public record ReportMessage(Bytes certificate, Json report) {
  /** The longest body, and the longest answer. */
  public static final int MAX_BYTES = 64 << 10;

  private static final int MAX_CERTIFICATE = 32 << 10;

  /** Reads a body. */
  public static ReportMessage parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parseMessage(body, "report message", MAX_BYTES).members("certificate", "report");
    return new ReportMessage(
        Members.bytes(json, "certificate", MAX_CERTIFICATE), json.at("report"));
  }

  /**
   * {@return the body}
   *
   * @param report as the enclave gave it; whoever relays it need not read it
   */
  public static byte[] toBytes(Bytes certificate, JsonNode report) {
    ObjectNode json = Json.object();
    Members.put(json, "certificate", certificate);
    json.set("report", report);
    return Json.bytes(json);
  }
}
