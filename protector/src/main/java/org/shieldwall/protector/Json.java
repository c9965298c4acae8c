package org.shieldwall.protector;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A value in a JSON document, read strictly: a member too many, too few or twice, another type, a
 * text too long, bytes after the end are each a {@link ProtectorException} that names the place by
 * its JSON pointer (RFC 6901). Immutable.
 */
public final class Json {
  /** Integers beyond this are not exact in every JSON reader (RFC 8259, section 6). */
  public static final long MAX_NUMBER = (1L << 53) - 1;

  private static final Pattern TIME = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  private static final Pattern HEX = Pattern.compile("[0-9a-f]*");

  private final JsonNode node;
  private final String document;
  private final String pointer;
  private final boolean confidential;

  private Json(JsonNode node, String document, String pointer, boolean confidential) {
    this.node = node;
    this.document = document;
    this.pointer = pointer;
    this.confidential = confidential;
  }

  /**
   * Parses a whole document.
   *
   * @param utf8 nothing but one JSON value, UTF-8 without a byte order mark
   * @param document what it is called in errors, e.g. {@code key protector}
   * @param maxBytes refused unread if longer
   */
  public static Json parse(byte[] utf8, String document, int maxBytes) throws ProtectorException {
    return new Json(StrictJson.parse(utf8, document, maxBytes), document, "", false);
  }

  /**
   * The same for a message from anyone, with room for a thousand values and no more: a body of many
   * small ones would take many times its own size.
   */
  public static Json parseMessage(byte[] utf8, String document, int maxBytes)
      throws ProtectorException {
    return new Json(StrictJson.parseMessage(utf8, document, maxBytes), document, "", false);
  }

  /** The same for a document that holds secrets: errors never quote what they found. */
  static Json parseConfidential(byte[] utf8, String document, int maxBytes)
      throws ProtectorException {
    return new Json(StrictJson.parse(utf8, document, maxBytes), document, "", true);
  }

  /** {@return a reader of a value that another strict reader has parsed} */
  public static Json of(JsonNode node, String document) {
    return new Json(node, document, "", false);
  }

  /** {@return a new, empty object to write} */
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** {@return the value as compact UTF-8} */
  public static byte[] bytes(JsonNode value) {
    return StrictJson.write(value);
  }

  /** Requires an object with exactly these members. {@return this} */
  public Json members(String... names) throws ProtectorException {
    requireObject();
    Set<String> unknown = new TreeSet<>(node.propertyNames());
    Set<String> missing = new TreeSet<>(Arrays.asList(names));
    missing.removeAll(unknown);
    unknown.removeAll(Arrays.asList(names));
    if (!unknown.isEmpty()) {
      throw malformed("no other member", confidential ? "one" : quote(unknown.iterator().next()));
    }
    if (!missing.isEmpty()) {
      throw malformed("member " + missing.iterator().next(), "none");
    }
    return this;
  }

  /** Requires the member {@code format} to be {@code expected}. {@return this} */
  public Json format(String expected) throws ProtectorException {
    String found = at("format").text(100);
    if (!found.equals(expected)) {
      throw new ProtectorException(
          Code.UNKNOWN_FORMAT,
          document
              + ": expected "
              + expected
              + ", found "
              + (confidential ? "another format" : quote(found)));
    }
    return this;
  }

  /** {@return a copy of the value, to hand on as it came} */
  public JsonNode node() {
    return node.deepCopy();
  }

  /** {@return the names of an object's members, in the document's order} */
  public List<String> names() throws ProtectorException {
    requireObject();
    return List.copyOf(node.propertyNames());
  }

  /** {@return a member, which must be there} */
  public Json at(String name) throws ProtectorException {
    requireObject();
    JsonNode child = node.get(name);
    if (child == null) {
      throw malformed("member " + name, "none");
    }
    return child(child, name);
  }

  /** {@return a member, which must be there but may be null} */
  public Optional<Json> nullable(String name) throws ProtectorException {
    Json member = at(name);
    return member.node.isNull() ? Optional.empty() : Optional.of(member);
  }

  /** {@return the elements of an array of {@code min} to {@code max}} */
  public List<Json> list(int min, int max) throws ProtectorException {
    if (!node.isArray()) {
      throw malformed("an array", kind());
    }
    if (node.size() < min || node.size() > max) {
      throw malformed(min + " to " + max + " elements", String.valueOf(node.size()));
    }
    List<Json> elements = new ArrayList<>(node.size());
    for (int i = 0; i < node.size(); i++) {
      elements.add(child(node.get(i), String.valueOf(i)));
    }
    return elements;
  }

  /**
   * {@return a text of 1 to {@code maxLength} characters}, none of them a control character (it may
   * be shown on a terminal) or half of a surrogate pair.
   */
  public String text(int maxLength) throws ProtectorException {
    String text = textOrEmpty(maxLength);
    if (text.isEmpty()) {
      throw malformed("a text", "an empty one");
    }
    return text;
  }

  /** {@return the same, or an empty text} */
  public String textOrEmpty(int maxLength) throws ProtectorException {
    String text = string(maxLength);
    for (int i = 0; i < text.length(); ) {
      int character = text.codePointAt(i);
      int type = Character.getType(character);
      if (type == Character.CONTROL
          || type == Character.FORMAT
          || type == Character.SURROGATE
          || type == Character.LINE_SEPARATOR
          || type == Character.PARAGRAPH_SEPARATOR) {
        throw malformed("printable characters", "U+" + String.format("%04X", character));
      }
      i += Character.charCount(character);
    }
    return text;
  }

  /** {@return {@code min} to {@code max} bytes written in base64url} */
  public byte[] bytes(int min, int max) throws ProtectorException {
    String text = string(4 * (max / 3 + 1));
    byte[] bytes =
        B64u.decode(text)
            .orElseThrow(() -> malformed("canonical base64url", text.length() + " characters"));
    if (bytes.length < min || bytes.length > max) {
      throw malformed(
          min == max ? min + " bytes" : min + " to " + max + " bytes", bytes.length + " bytes");
    }
    return bytes;
  }

  /** {@return exactly {@code length} bytes written in base64url} */
  public byte[] bytes(int length) throws ProtectorException {
    return bytes(length, length);
  }

  /** {@return exactly {@code length} bytes written in lower-case hexadecimal} */
  public byte[] hex(int length) throws ProtectorException {
    String text = string(2 * length);
    if (text.length() != 2 * length || !HEX.matcher(text).matches()) {
      throw malformed(2 * length + " lower-case hexadecimal digits", quote(text));
    }
    return HexFormat.of().parseHex(text);
  }

  public Digest digest() throws ProtectorException {
    return new Digest(B64u.encode(bytes(Digest.BYTES)));
  }

  public KeyId keyId() throws ProtectorException {
    return new KeyId(B64u.encode(bytes(Digest.BYTES)));
  }

  /** {@return an integer, written without fraction or exponent} */
  public long number(long min, long max) throws ProtectorException {
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw malformed("an integer", kind());
    }
    long value = node.longValue();
    if (value < min || value > max) {
      throw malformed(
          "an integer from " + min + " to " + max, confidential ? "another" : "" + value);
    }
    return value;
  }

  public boolean bool() throws ProtectorException {
    if (!node.isBoolean()) {
      throw malformed("true or false", kind());
    }
    return node.booleanValue();
  }

  /** {@return a time as formats write it: RFC 3339, UTC, whole seconds} */
  public Instant time() throws ProtectorException {
    String text = string(30);
    try {
      if (TIME.matcher(text).matches()) {
        return Instant.parse(text);
      }
    } catch (DateTimeException e) {
      // Thrown below: the same for a text of another shape and for the 31st of February.
    }
    throw malformed("a time like 2026-01-31T12:00:00Z", quote(text));
  }

  public UUID uuid() throws ProtectorException {
    String text = string(36);
    if (!UUID_TEXT.matcher(text).matches()) {
      throw malformed("a UUID in lower case", quote(text));
    }
    return UUID.fromString(text);
  }

  /** {@return an exception for this place} */
  public ProtectorException malformed(String expected, String found) {
    return new ProtectorException(
        Code.MALFORMED,
        document
            + (pointer.isEmpty() ? "" : " at " + pointer)
            + ": expected "
            + expected
            + ", found "
            + found);
  }

  /** {@return the document's name and this place in it, for messages} */
  public String where() {
    return pointer.isEmpty() ? document : document + " at " + pointer;
  }

  @Override
  public String toString() {
    return "Json[" + where() + "]";
  }

  private String string(int maxLength) throws ProtectorException {
    if (!node.isString()) {
      throw malformed("a text", kind());
    }
    String text = node.stringValue();
    if (text.length() > maxLength) {
      throw malformed("at most " + maxLength + " characters", text.length() + " characters");
    }
    return text;
  }

  private void requireObject() throws ProtectorException {
    if (!node.isObject()) {
      throw malformed("an object", kind());
    }
  }

  private Json child(JsonNode child, String step) {
    String escaped = step.replace("~", "~0").replace("/", "~1");
    return new Json(child, document, pointer + "/" + escaped, confidential);
  }

  private String kind() {
    return switch (node.getNodeType()) {
      case ARRAY -> "an array";
      case OBJECT -> "an object";
      case STRING -> "a text";
      case NUMBER -> "a number";
      case BOOLEAN -> "true or false";
      case NULL -> "null";
      case MISSING, BINARY, POJO -> "nothing";
    };
  }

  /** What was found, safe for a terminal, or only its length if the document is confidential. */
  private String quote(String found) {
    if (confidential) {
      return found.length() + " characters";
    }
    String printable = found.replaceAll("[^\\x20-\\x7e]", "?");
    return '"' + (printable.length() > 60 ? printable.substring(0, 60) + "…" : printable) + '"';
  }
}
