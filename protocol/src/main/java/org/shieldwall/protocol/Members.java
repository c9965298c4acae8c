package org.shieldwall.protocol;

import java.util.List;
import org.shieldwall.protector.B64u;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** How members of messages are written and read beyond what {@link Json} does. */
final class Members {
  private Members() {}

  static ObjectNode put(ObjectNode json, String name, Bytes value) {
    return json.put(name, B64u.encode(value.toArray()));
  }

  static Bytes bytes(Json json, String name, int most) throws ProtectorException {
    return Bytes.of(json.at(name).bytes(1, most));
  }

  static void putTexts(ObjectNode json, String name, List<String> values) {
    ArrayNode array = json.putArray(name);
    values.forEach(array::add);
  }

  static List<String> texts(Json json, String name, int most, int length)
      throws ProtectorException {
    List<String> texts = new java.util.ArrayList<>();
    for (Json element : json.at(name).list(0, most)) {
      texts.add(element.text(length));
    }
    return List.copyOf(texts);
  }
}
