package org.shieldwall.tpm;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * An immutable string of bytes with value equality, compared in constant time. For data that may be
 * shown: {@link #toString} prints it in hex, so a secret has no place here.
 */
public final class Bytes implements Comparable<Bytes> {
  /** No bytes at all. */
  public static final Bytes EMPTY = new Bytes(new byte[0]);

  private final byte[] value;

  private Bytes(byte[] value) {
    this.value = value;
  }

  /** {@return a copy of {@code value}} */
  public static Bytes of(byte[] value) {
    return value.length == 0 ? EMPTY : new Bytes(value.clone());
  }

  /** {@return a copy of {@code value} from {@code from} (inclusive) to {@code to} (exclusive)} */
  public static Bytes of(byte[] value, int from, int to) {
    return from == to ? EMPTY : new Bytes(Arrays.copyOfRange(value, from, to));
  }

  /** {@return the UTF-8 bytes of {@code text}} */
  public static Bytes ofText(String text) {
    return new Bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * {@return the bytes that {@code hex} spells}
   *
   * @throws IllegalArgumentException if it is not an even number of hexadecimal digits
   */
  public static Bytes ofHex(String hex) {
    return new Bytes(HexFormat.of().parseHex(hex));
  }

  /** {@return {@code length} bytes of zero} */
  public static Bytes zeros(int length) {
    return new Bytes(new byte[length]);
  }

  /** {@return {@code parts} one after the other} */
  public static Bytes concat(Bytes... parts) {
    int length = 0;
    for (Bytes part : parts) {
      length += part.value.length;
    }
    byte[] joined = new byte[length];
    int at = 0;
    for (Bytes part : parts) {
      System.arraycopy(part.value, 0, joined, at, part.value.length);
      at += part.value.length;
    }
    return new Bytes(joined);
  }

  /** Takes {@code value} over without a copy: the caller must never touch it again. */
  static Bytes adopt(byte[] value) {
    return new Bytes(value);
  }

  /** {@return how many bytes} */
  public int length() {
    return value.length;
  }

  /** {@return whether there are none} */
  public boolean isEmpty() {
    return value.length == 0;
  }

  /** {@return whether every byte is zero; true for none} */
  public boolean isAllZero() {
    int seen = 0;
    for (byte each : value) {
      seen |= each;
    }
    return seen == 0;
  }

  /** {@return the byte at {@code index}, 0 to 255} */
  public int at(int index) {
    return value[index] & 0xFF;
  }

  /** {@return the bytes from {@code from} (inclusive) to {@code to} (exclusive)} */
  public Bytes slice(int from, int to) {
    if (from < 0 || to < from || to > value.length) {
      throw new IndexOutOfBoundsException(from + ".." + to + " of " + value.length);
    }
    return new Bytes(Arrays.copyOfRange(value, from, to));
  }

  /** {@return a copy} */
  public byte[] toArray() {
    return value.clone();
  }

  /** Feeds these bytes to {@code digest} without copying them. */
  public void updateInto(MessageDigest digest) {
    digest.update(value);
  }

  /** {@return lower-case hexadecimal} */
  public String hex() {
    return HexFormat.of().formatHex(value);
  }

  byte[] shared() {
    return value;
  }

  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(value, other.value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes bytes && MessageDigest.isEqual(value, bytes.value);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(value);
  }

  @Override
  public String toString() {
    return hex();
  }
}
