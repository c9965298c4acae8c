package org.shieldwall.protocol;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
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
        text(json, "title"),
        text(json, "expected"),
        text(json, "found"),
        text(json, "why"),
        text(json, "remedy"),
        text(json, "anchor"));
  }

  /** Null stands for an empty text, which {@link Json} does not read as one. */
  private static String text(Json json, String name) throws ProtectorException {
    Optional<Json> value = json.nullable(name);
    return value.isPresent() ? value.get().text(MAX_TEXT) : "";
  }

  /** {@return the finding as problems carry it} */
  public ObjectNode toJson() {
    return Json.object()
        .put("code", code)
        .put("title", orNull(title))
        .put("expected", orNull(expected))
        .put("found", orNull(found))
        .put("why", orNull(why))
        .put("remedy", orNull(remedy))
        .put("anchor", orNull(anchor));
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }
}
