package org.shieldwall.hgs.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.shieldwall.hgs.HgsException;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * A section of a document, whose values are read one by one and refused with line and column. A
 * section that is not there is an empty one.
 *
 * @param source what the document is called
 * @param name the section's name; empty for the document itself
 * @param position where it begins
 * @param table what is in it
 */
record TomlSection(
    String source, String name, @Nullable TomlPosition position, @Nullable TomlTable table) {
  /** {@return the document itself} */
  static TomlSection root(String source, TomlTable table) {
    return new TomlSection(source, "", TomlPosition.positionAt(1, 1), table);
  }

  /** Refuses keys other than these. */
  void allow(Set<String> known) throws HgsException {
    for (String key : names()) {
      if (!known.contains(key)) {
        throw refuse(
            key,
            "unknown key '"
                + key
                + "'"
                + (name.isEmpty() ? "" : " in [" + name + "]")
                + "; known: "
                + String.join(", ", known.stream().sorted().toList()));
      }
    }
  }

  /** {@return the keys, in the order of the document} */
  List<String> names() {
    if (table == null) {
      return List.of();
    }
    List<String> names = new ArrayList<>(table.keySet());
    names.sort((one, other) -> {
      TomlPosition first = at(one);
      TomlPosition second = at(other);
      return first == null || second == null
          ? one.compareTo(other)
          : first.line() != second.line()
              ? Integer.compare(first.line(), second.line())
              : Integer.compare(first.column(), second.column());
    });
    return names;
  }

  boolean has(String key) {
    return value(key) != null;
  }

  private @Nullable Object value(String key) {
    return table == null ? null : table.get(List.of(key));
  }

  private @Nullable TomlPosition at(String key) {
    return table == null ? null : table.inputPositionOf(List.of(key));
  }

  /** {@return the section of this name} */
  TomlSection section(String key) throws HgsException {
    String path = name.isEmpty() ? key : name + "." + key;
    return switch (value(key)) {
      case null -> new TomlSection(source, path, null, null);
      case TomlTable section -> new TomlSection(source, path, at(key), section);
      default -> throw refuse(key, "'" + key + "' is a section: write [" + path + "]");
    };
  }

  String text(String key) throws HgsException {
    if (value(key) instanceof String text && !text.isBlank()) {
      return text;
    }
    throw wrong(key, "text");
  }

  boolean flag(String key) throws HgsException {
    if (value(key) instanceof Boolean flag) {
      return flag;
    }
    throw wrong(key, "true or false");
  }

  int number(String key, int least, int most) throws HgsException {
    if (value(key) instanceof Long number && number >= least && number <= most) {
      return Math.toIntExact(number);
    }
    throw wrong(key, "a number from " + least + " to " + most);
  }

  List<String> texts(String key) throws HgsException {
    if (!(value(key) instanceof TomlArray array)) {
      throw wrong(key, "a list of texts");
    }
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      if (!(array.get(i) instanceof String text) || text.isBlank()) {
        throw refused(source, array.inputPositionOf(i), "'" + key + "' must be a list of texts");
      }
      texts.add(text);
    }
    return texts;
  }

  private HgsException wrong(String key, String what) {
    return value(key) == null
        ? refused(
            source,
            position,
            (name.isEmpty() ? "" : "[" + name + "] ") + "'" + key + "' is missing: " + what)
        : refuse(key, "'" + key + "' must be " + what);
  }

  /** {@return a refusal of the value at {@code key}} */
  HgsException refuse(String key, String what) {
    return refused(source, at(key), what);
  }

  static HgsException refused(String source, @Nullable TomlPosition at, String what) {
    String where = at == null ? "" : " line " + at.line() + ", column " + at.column();
    return new HgsException(
        source + where + ": " + what, "mend it there; docs/policy.md lists every key");
  }
}
