package org.shieldwall.cli;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON for machines: one indented object on standard output. */
public final class Output {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final ObjectMapper LINES = JsonMapper.builder().build();

  private Output() {}

  /** {@return a new, empty JSON object} */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** {@return the node as indented text without a final line break} */
  public static String indented(JsonNode node) {
    return MAPPER.writeValueAsString(node);
  }

  /** {@return the node as one line of text without a line break} */
  public static String line(JsonNode node) {
    return LINES.writeValueAsString(node);
  }
}
