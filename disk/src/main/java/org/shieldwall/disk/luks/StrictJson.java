package org.shieldwall.disk.luks;

import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.shieldwall.tpm.MalformedException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** One JSON object, read member by member; bounded in size, depth and length of every string. */
final class StrictJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxDocumentLength(Luks2Layout.JSON)
                          .maxNestingDepth(8)
                          .maxStringLength(Luks2Layout.JSON)
                          .maxNameLength(64)
                          .maxNumberLength(20)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final ObjectNode node;
  private final String path;

  private StrictJson(ObjectNode node, String path) {
    this.node = node;
    this.path = path;
  }

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Reads JSON of our own making. */
  static JsonNode own(String json) {
    return MAPPER.readTree(json);
  }

  static StrictJson parse(byte[] json, String structure) throws MalformedException {
    try {
      return of(MAPPER.readTree(json), structure);
    } catch (JacksonException e) {
      long offset = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
      throw new MalformedException(structure, offset, "JSON", "none: " + e.getOriginalMessage());
    }
  }

  private static StrictJson of(JsonNode node, String path) throws MalformedException {
    if (node instanceof ObjectNode object) {
      return new StrictJson(object, path);
    }
    throw new MalformedException(path, 0, "a JSON object", shortened(node.toString()));
  }

  /** Refuses members other than these. */
  void only(String... names) throws MalformedException {
    Set<String> known = Set.of(names);
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      if (!known.contains(member.getKey())) {
        throw malformed("members " + known, shortened(member.getKey()));
      }
    }
  }

  StrictJson object(String name) throws MalformedException {
    return of(member(name), path + "." + name);
  }

  /** {@return the members' names, all of them numbers, in rising order} */
  List<Integer> numbers(int most) throws MalformedException {
    List<Integer> out = new ArrayList<>();
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      String name = member.getKey();
      if (!name.matches("0|[1-9][0-9]?") || Integer.parseInt(name) >= most) {
        throw malformed("a number below " + most + " as name", shortened(name));
      }
      out.add(Integer.valueOf(name));
    }
    Collections.sort(out);
    return out;
  }

  /** Refuses any other value: text without its quotes, anything else as JSON writes it. */
  void same(String name, String expected) throws MalformedException {
    JsonNode found = member(name);
    String text = found.isString() ? found.stringValue() : found.toString();
    if (!text.equals(expected)) {
      throw malformed(name + " " + expected, shortened(text));
    }
  }

  String text(String name) throws MalformedException {
    JsonNode found = member(name);
    if (!found.isString()) {
      throw malformed(name + " as text", shortened(found.toString()));
    }
    return found.stringValue();
  }

  int integer(String name, int least, int most) throws MalformedException {
    JsonNode found = member(name);
    if (!found.canConvertToInt()
        || !found.isIntegralNumber()
        || found.intValue() < least
        || found.intValue() > most) {
      throw malformed(name + " from " + least + " to " + most, shortened(found.toString()));
    }
    return found.intValue();
  }

  /** A number written as text. */
  long decimal(String name, long least, long most) throws MalformedException {
    String found = text(name);
    if (!found.matches("0|[1-9][0-9]{0,17}")
        || Long.parseLong(found) < least
        || Long.parseLong(found) > most) {
      throw malformed(name + " from " + least + " to " + most, shortened(found));
    }
    return Long.parseLong(found);
  }

  /** Bytes written as base64; {@return that text} */
  String base64(String name, int least, int most) throws MalformedException {
    String found = text(name);
    try {
      int length = Base64.getDecoder().decode(found).length;
      if (length >= least && length <= most) {
        return found;
      }
    } catch (IllegalArgumentException e) {
      // Falls through to the same refusal: the text itself says what is wrong with it.
    }
    throw malformed(name + " as base64 of " + least + " to " + most + " bytes", shortened(found));
  }

  MalformedException malformed(String expected, String found) {
    return new MalformedException(path, 0, expected, found);
  }

  private JsonNode member(String name) throws MalformedException {
    JsonNode found = node.get(name);
    if (found == null) {
      throw malformed("member " + name, "none");
    }
    return found;
  }

  private static String shortened(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "...";
  }

  @Override
  public String toString() {
    return node.toString();
  }
}
