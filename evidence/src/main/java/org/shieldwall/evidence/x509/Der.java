package org.shieldwall.evidence.x509;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.shieldwall.tpm.MalformedException;

/**
 * One DER value in a larger array (ITU-T X.690). Strict where a length could lead outside the
 * bytes; tolerant of what genuine certificates get wrong: the order within a SET and an encoded
 * DEFAULT are not looked at.
 */
final class Der {
  static final int BOOLEAN = 0x01;
  static final int INTEGER = 0x02;
  static final int BIT_STRING = 0x03;
  static final int OCTET_STRING = 0x04;
  static final int OID = 0x06;
  static final int UTF8_STRING = 0x0C;
  static final int UTC_TIME = 0x17;
  static final int GENERALIZED_TIME = 0x18;
  static final int BMP_STRING = 0x1E;
  static final int SEQUENCE = 0x30;
  static final int SET = 0x31;

  private final byte[] bytes;
  private final int start;
  private final int content;
  private final int end;

  /** The array is shared, and never written. */
  private Der(byte[] bytes, int start, int content, int end) {
    this.bytes = bytes;
    this.start = start;
    this.content = content;
    this.end = end;
  }

  /** Reads the value at {@code offset}, which must end at or before {@code limit}. */
  static Der at(byte[] bytes, int offset, int limit) throws MalformedException {
    if (limit - offset < 2) {
      throw malformed(offset, "a tag and a length", (limit - offset) + " bytes left");
    }
    if ((bytes[offset] & 0x1F) == 0x1F) {
      throw malformed(offset, "a tag of one byte", "a longer one");
    }
    int first = bytes[offset + 1] & 0xFF;
    int content = offset + 2;
    long length = first;
    if (first >= 0x80) {
      int count = first - 0x80;
      if (count == 0 || count > 4 || limit - content < count) {
        throw malformed(offset + 1, "a definite length of at most 4 bytes", count + " bytes");
      }
      length = 0;
      for (int i = 0; i < count; i++) {
        length = length << 8 | (bytes[content + i] & 0xFF);
      }
      content += count;
    }
    if (length > limit - content) {
      throw malformed(offset, length + " bytes of content", (limit - content) + " left");
    }
    return new Der(bytes, offset, content, content + (int) length);
  }

  /** Reads the whole of {@code bytes} as one value, with nothing after it. */
  static Der whole(byte[] bytes) throws MalformedException {
    Der value = at(bytes, 0, bytes.length);
    if (value.end != bytes.length) {
      throw malformed(value.end, "the end", (bytes.length - value.end) + " more bytes");
    }
    return value;
  }

  /** {@return offset of the tag} */
  int start() {
    return start;
  }

  /** {@return offset after the content} */
  int end() {
    return end;
  }

  int tag() {
    return bytes[start] & 0xFF;
  }

  int length() {
    return end - content;
  }

  Der require(int tag, String field) throws MalformedException {
    if (tag() != tag) {
      throw malformed(
          start, "%s (tag 0x%02x)".formatted(field, tag), "tag 0x%02x".formatted(tag()));
    }
    return this;
  }

  /** {@return the values inside} */
  List<Der> children() throws MalformedException {
    List<Der> children = new ArrayList<>();
    int next = content;
    while (next < end) {
      Der child = at(bytes, next, end);
      children.add(child);
      next = child.end;
    }
    return children;
  }

  /** {@return the child with an index that must be there} */
  Der child(int index, String field) throws MalformedException {
    List<Der> children = children();
    if (index >= children.size()) {
      throw malformed(end, field, "the end of its parent");
    }
    return children.get(index);
  }

  /** {@return the content} */
  byte[] value() {
    return Arrays.copyOfRange(bytes, content, end);
  }

  /** {@return tag, length and content} */
  byte[] encoded() {
    return Arrays.copyOfRange(bytes, start, end);
  }

  /** {@return the bytes of a BIT STRING that fills whole bytes, as keys and signatures do} */
  byte[] octets() throws MalformedException {
    byte[] bits = bits();
    if (bytes[content] != 0) {
      throw malformed(content, "a BIT STRING of whole bytes", bytes[content] + " unused bits");
    }
    return bits;
  }

  /** {@return the bytes of a BIT STRING, unused bits included} */
  byte[] bits() throws MalformedException {
    require(BIT_STRING, "BIT STRING");
    if (length() < 1 || bytes[content] < 0 || bytes[content] > 7) {
      throw malformed(content, "a count of unused bits", "none");
    }
    return Arrays.copyOfRange(bytes, content + 1, end);
  }

  boolean bool() throws MalformedException {
    require(BOOLEAN, "BOOLEAN");
    if (length() != 1) {
      throw malformed(content, "one byte", length() + " bytes");
    }
    return bytes[content] != 0;
  }

  /** {@return an object identifier in dotted form} */
  String oid() throws MalformedException {
    require(OID, "OBJECT IDENTIFIER");
    if (length() == 0 || length() > 64 || bytes[end - 1] < 0) {
      throw malformed(content, "an object identifier of 1 to 64 bytes", length() + " bytes");
    }
    StringBuilder text = new StringBuilder();
    long arc = 0;
    for (int i = content; i < end; i++) {
      if (arc > Long.MAX_VALUE >> 8) {
        throw malformed(i, "an arc of at most 56 bits", "a longer one");
      }
      arc = arc << 7 | (bytes[i] & 0x7F);
      if (bytes[i] >= 0) {
        if (text.isEmpty()) {
          long top = Math.min(2, arc / 40);
          text.append(top).append('.').append(arc - top * 40);
        } else {
          text.append('.').append(arc);
        }
        arc = 0;
      }
    }
    return text.toString();
  }

  /** {@return the text of any string type; bytes that are none are shown as {@code ?}} */
  String text() {
    Charset charset =
        switch (tag()) {
          case UTF8_STRING -> StandardCharsets.UTF_8;
          case BMP_STRING -> StandardCharsets.UTF_16BE;
          default -> StandardCharsets.ISO_8859_1;
        };
    return new String(bytes, content, length(), charset);
  }

  static MalformedException malformed(long offset, String expected, String found) {
    return new MalformedException("X.509 certificate", offset, expected, found);
  }
}
