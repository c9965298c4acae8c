package org.shieldwall.hgs.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CommandLineRules;
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
  private static final int MAX_ALTERNATIVES = 100;
  private static final int MAX_TEXT = 8_192;

  private BaselineDocument() {}

  /** {@return whether {@code name} may be a baseline's} */
  public static boolean isName(String name) {
    return name.matches(NAME);
  }

  /** Reads a document. */
  public static BootBaseline parse(byte[] utf8) throws ProtectorException {
    Json json = Json.parse(utf8, "boot baseline", MAX_BYTES).format(FORMAT);
    json.members("format", "name", "bank", "facts", "alternatives", "commandLine");
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
    try {
      return new BootBaseline(
          name, TpmHash.SHA256, values, alternatives(json), rules(json.at("commandLine")));
    } catch (IllegalArgumentException e) {
      throw json.malformed("a baseline whose parts fit together", "one whose parts do not");
    }
  }

  private static SortedMap<FactName, List<List<FactValue>>> alternatives(Json json)
      throws ProtectorException {
    Json document = json.at("alternatives");
    SortedMap<FactName, List<List<FactValue>>> alternatives = new TreeMap<>();
    for (String label : document.names()) {
      FactName fact =
          FactName.ofLabel(label)
              .orElseThrow(() -> document.malformed("names of facts", "another name"));
      List<List<FactValue>> lists = new ArrayList<>();
      for (Json each : document.at(label).list(1, MAX_ALTERNATIVES)) {
        lists.add(values(each));
      }
      alternatives.put(fact, lists);
    }
    return alternatives;
  }

  private static CommandLineRules rules(Json json) throws ProtectorException {
    json.members("required", "forbidden", "allowed");
    return new CommandLineRules(
        Set.copyOf(words(json.at("required"))),
        Set.copyOf(words(json.at("forbidden"))),
        words(json.at("allowed")));
  }

  private static List<String> words(Json json) throws ProtectorException {
    List<String> words = new ArrayList<>();
    for (Json each : json.list(0, MAX_VALUES)) {
      String word = each.text(MAX_TEXT);
      if (!CommandLineRules.isWord(word)) {
        throw each.malformed("one word of a command line", "none, or several");
      }
      words.add(word);
    }
    return words;
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
    baseline.facts().forEach((fact, values) -> put(facts.putArray(fact.label()), values));
    ObjectNode alternatives = json.putObject("alternatives");
    baseline
        .alternatives()
        .forEach((fact, lists) -> {
          ArrayNode array = alternatives.putArray(fact.label());
          lists.forEach(each -> put(array.addArray(), each));
        });
    CommandLineRules rules = baseline.commandLine();
    ObjectNode line = json.putObject("commandLine");
    new TreeSet<>(rules.required()).forEach(line.putArray("required")::add);
    new TreeSet<>(rules.forbidden()).forEach(line.putArray("forbidden")::add);
    rules.allowed().forEach(line.putArray("allowed")::add);
    return Json.bytes(json);
  }

  private static void put(ArrayNode array, List<FactValue> values) {
    for (FactValue value : values) {
      ObjectNode element = array.addObject();
      put(element, "value", value.value());
      put(element, "note", value.note());
    }
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
