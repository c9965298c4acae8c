package org.shieldwall.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A refusal on the wire: {@code application/problem+json} (RFC 9457), with the findings beside the
 * standard members.
 *
 * @param type a URN; see {@link ProblemType}
 * @param title one line, the same for every problem of the type
 * @param status the HTTP status
 * @param detail what happened this time
 * @param instance {@code urn:uuid:} and the id of the audit record
 * @param findings every check that failed; may be empty
 */
public record Problem(
    String type,
    String title,
    int status,
    String detail,
    String instance,
    List<ReportedFinding> findings) {

  /** The media type of a problem. */
  public static final String MEDIA_TYPE = "application/problem+json";

  /** The longest body. */
  public static final int MAX_BYTES = 1 << 20;

  private static final int MAX_FINDINGS = 1000;
  private static final int MAX_TEXT = 4000;

  /** Copies the findings. */
  public Problem {
    findings = List.copyOf(findings);
  }

  /** {@return a problem of a known type} */
  public static Problem of(
      ProblemType type, String detail, UUID instance, List<ReportedFinding> findings) {
    return new Problem(
        type.urn(), type.title(), type.status(), detail, "urn:uuid:" + instance, findings);
  }

  /** Reads a body. */
  public static Problem parse(byte[] body) throws ProtectorException {
    Json json =
        Json.parse(body, "problem", MAX_BYTES)
            .members("type", "title", "status", "detail", "instance", "findings");
    List<ReportedFinding> findings = new ArrayList<>();
    for (Json finding : json.at("findings").list(0, MAX_FINDINGS)) {
      findings.add(ReportedFinding.fromJson(finding));
    }
    return new Problem(
        json.at("type").text(MAX_TEXT),
        json.at("title").text(MAX_TEXT),
        (int) json.at("status").number(400, 599),
        json.at("detail").text(MAX_TEXT),
        json.at("instance").text(MAX_TEXT),
        findings);
  }

  /** {@return the JSON form} */
  public ObjectNode toJson() {
    ObjectNode json =
        Json.object()
            .put("type", type)
            .put("title", title)
            .put("status", status)
            .put("detail", detail)
            .put("instance", instance);
    ArrayNode array = json.putArray("findings");
    findings.forEach(finding -> array.add(finding.toJson()));
    return json;
  }

  /** {@return the body} */
  public byte[] toBytes() {
    return Json.bytes(toJson());
  }
}
