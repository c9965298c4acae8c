package org.shieldwall.hgs.store;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.FactName;
import org.shieldwall.evidence.FactValue;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.TpmHash;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A boot baseline as a document, {@code shieldwall-boot-baseline-1} (docs/formats.md). */
public final class BaselineDocument {
  /** The longest document. */
  public static final int MAX_BYTES = 1 << 20;

  private static final String FORMAT = "shieldwall-boot-baseline-1";
  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}";
  private static final int MAX_VALUES = 10_000;
  private static final int MAX_TEXT = 8_192;

  private BaselineDocument() {}

  /** {@return whether {@code name} may be a baseline's} */
  public static boolean isName(String name) {
    return name.matches(NAME);
  }

  /** Reads a document. */
  public static BootBaseline parse(byte[] utf8) throws ProtectorException {
    Json json = Json.parse(utf8, "boot baseline", MAX_BYTES).format(FORMAT);
    json.members("format", "name", "bank", "facts");
    String name = json.at("name").text(100);
    if (!isName(name)) {
      throw json.at("name")
          .malformed("letters, digits, dots, dashes and underscores, 63 at most", "another name");
    }
    // The one bank that the service asks hosts to quote.
    if (!json.at("bank").text(20).equals(TpmHash.SHA256.label())) {
      throw json.at("bank").malformed(TpmHash.SHA256.label(), "another bank");
    }
    Json facts = json.at("facts");
    SortedMap<FactName, List<FactValue>> values = new TreeMap<>();
    for (String label : facts.names()) {
      FactName fact =
          FactName.ofLabel(label)
              .orElseThrow(() -> facts.malformed("names of facts", "another name"));
      values.put(fact, values(facts.at(label)));
    }
    if (values.isEmpty()) {
      throw facts.malformed("at least one fact", "none");
    }
    return new BootBaseline(name, TpmHash.SHA256, values);
  }

  private static List<FactValue> values(Json json) throws ProtectorException {
    List<FactValue> values = new ArrayList<>();
    for (Json element : json.list(0, MAX_VALUES)) {
      element.members("value", "note");
      values.add(new FactValue(text(element, "value"), text(element, "note")));
    }
    return values;
  }

  private static String text(Json json, String name) throws ProtectorException {
    var value = json.nullable(name);
    return value.isPresent() ? value.get().text(MAX_TEXT) : "";
  }

  /** {@return the document} */
  public static byte[] toBytes(BootBaseline baseline) {
    ObjectNode json =
        Json.object()
            .put("format", FORMAT)
            .put("name", baseline.name())
            .put("bank", baseline.bank().label());
    ObjectNode facts = json.putObject("facts");
    baseline
        .facts()
        .forEach((fact, values) -> {
          ArrayNode array = facts.putArray(fact.label());
          for (FactValue value : values) {
            ObjectNode element = array.addObject();
            put(element, "value", value.value());
            put(element, "note", value.note());
          }
        });
    return Json.bytes(json);
  }

  private static void put(ObjectNode json, String name, String text) {
    if (text.isEmpty()) {
      json.putNull(name);
    } else {
      json.put(name, printable(text));
    }
  }

  /** A log's texts are its host's: what would not be read again is not written. */
  private static String printable(String text) {
    StringBuilder clean = new StringBuilder();
    text.codePoints()
        .limit(MAX_TEXT)
        .map(character -> Character.isISOControl(character) ? '?' : character)
        .forEach(clean::appendCodePoint);
    return clean.toString();
  }
}
