package org.shieldwall.protocol;

import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import tools.jackson.databind.node.ObjectNode;

/**
 * One failed check, as a problem reports it.
 *
 * @param code its name, for machines
 * @param title one line
 * @param expected what would have passed
 * @param found what was there
 * @param why what it means for whoever asked; may be empty
 * @param remedy the command or action that mends it
 * @param anchor where docs/findings.md explains it; may be empty
 */
public record ReportedFinding(
    String code,
    String title,
    String expected,
    String found,
    String why,
    String remedy,
    String anchor) {
  private static final int MAX_TEXT = 4000;

  static ReportedFinding fromJson(Json json) throws ProtectorException {
    json.members("code", "title", "expected", "found", "why", "remedy", "anchor");
    return new ReportedFinding(
        json.at("code").text(MAX_TEXT),
        Members.textOrEmpty(json, "title", MAX_TEXT),
        Members.textOrEmpty(json, "expected", MAX_TEXT),
        Members.textOrEmpty(json, "found", MAX_TEXT),
        Members.textOrEmpty(json, "why", MAX_TEXT),
        Members.textOrEmpty(json, "remedy", MAX_TEXT),
        Members.textOrEmpty(json, "anchor", MAX_TEXT));
  }

  /** {@return the finding as problems carry it} */
  public ObjectNode toJson() {
    ObjectNode json = Json.object().put("code", code);
    Members.putTextOrNull(json, "title", title);
    Members.putTextOrNull(json, "expected", expected);
    Members.putTextOrNull(json, "found", found);
    Members.putTextOrNull(json, "why", why);
    Members.putTextOrNull(json, "remedy", remedy);
    Members.putTextOrNull(json, "anchor", anchor);
    return json;
  }
}
