package org.shieldwall.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

  static ObjectNode putOrNull(ObjectNode json, String name, Optional<Bytes> value) {
    return value.isPresent() ? put(json, name, value.get()) : json.putNull(name);
  }

  /** Null stands for no bytes. */
  static ObjectNode putUnlessEmpty(ObjectNode json, String name, Bytes value) {
    return value.length() == 0 ? json.putNull(name) : put(json, name, value);
  }

  static Bytes bytesOrEmpty(Json json, String name, int most) throws ProtectorException {
    return json.nullable(name).isPresent() ? bytes(json, name, most) : Bytes.EMPTY;
  }

  static void requireMode(Json json, AttestationMode mode) throws ProtectorException {
    if (!json.at("mode").text(20).equals(mode.id())) {
      throw json.at("mode").malformed('"' + mode.id() + '"', "another mode");
    }
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
    List<String> texts = new ArrayList<>();
    for (Json element : json.at(name).list(0, most)) {
      texts.add(element.text(length));
    }
    return List.copyOf(texts);
  }

  /** Null stands for an empty text, which {@link Json} does not read as one. */
  static String textOrEmpty(Json json, String name, int length) throws ProtectorException {
    Optional<Json> value = json.nullable(name);
    return value.isPresent() ? value.get().text(length) : "";
  }

  static void putTextOrNull(ObjectNode json, String name, String value) {
    if (value.isEmpty()) {
      json.putNull(name);
    } else {
      json.put(name, value);
    }
  }
}
