package org.shieldwall.tpm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads a bounded byte array front to back. Every read checks its bound first, so no length taken
 * from the input is ever believed before the bytes are known to be there.
 *
 * <p>TPM structures are big-endian (TPM 2.0 Library, Part 1, section 4.1), event logs and IMA lists
 * little-endian: the order is chosen once, at construction.
 */
public final class ByteReader {
  private final byte[] bytes;
  private final int start;
  private final int end;
  private final ByteBuffer buffer;
  private final String structure;
  private final long base;

  private ByteReader(
      byte[] bytes, int start, int end, ByteOrder order, String structure, long base) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.structure = structure;
    this.base = base;
    this.buffer = ByteBuffer.wrap(bytes).order(order).position(start).limit(end);
  }

  /** {@return a reader of big-endian fields over all of {@code bytes}, which it does not copy} */
  public static ByteReader bigEndian(byte[] bytes, String structure) {
    return new ByteReader(bytes, 0, bytes.length, ByteOrder.BIG_ENDIAN, structure, 0);
  }

  /**
   * {@return a reader of little-endian fields over all of {@code bytes}, which it does not copy}
   */
  public static ByteReader littleEndian(byte[] bytes, String structure) {
    return new ByteReader(bytes, 0, bytes.length, ByteOrder.LITTLE_ENDIAN, structure, 0);
  }

  /** {@return offset of the next byte, from the start of the outermost input} */
  public long offset() {
    return base + buffer.position() - start;
  }

  /** {@return how many bytes are left} */
  public int remaining() {
    return end - buffer.position();
  }

  /** Reads one unsigned byte. */
  public int u8(String field) throws MalformedException {
    need(1, field);
    return buffer.get() & 0xFF;
  }

  /** Reads one unsigned 16-bit number. */
  public int u16(String field) throws MalformedException {
    need(2, field);
    return buffer.getShort() & 0xFFFF;
  }

  /** Reads one unsigned 32-bit number. */
  public long u32(String field) throws MalformedException {
    need(4, field);
    return buffer.getInt() & 0xFFFF_FFFFL;
  }

  /** Reads one 64-bit number, kept as its bits. */
  public long u64(String field) throws MalformedException {
    need(8, field);
    return buffer.getLong();
  }

  /**
   * Reads {@code length} bytes into a new array; refuses before allocating if they are not there.
   */
  public byte[] bytes(long length, String field) throws MalformedException {
    need(length, field);
    byte[] out = new byte[(int) length];
    buffer.get(out);
    return out;
  }

  /** Reads the next {@code length} bytes, which nobody can alter any more: they are copied once. */
  public Bytes fixed(long length, String field) throws MalformedException {
    return length == 0 ? Bytes.EMPTY : Bytes.adopt(bytes(length, field));
  }

  /** Reads a TPM2B (TPM 2.0 Library, Part 2, section 10.4): a 16-bit length and that many bytes. */
  public Bytes sized(String field) throws MalformedException {
    return Bytes.adopt(bytes(u16(field + ".size"), field));
  }

  /** Reads all that is left. */
  public byte[] rest() {
    byte[] out = Arrays.copyOfRange(bytes, buffer.position(), end);
    buffer.position(end);
    return out;
  }

  /** {@return a copy of all that is left, without stepping over it} */
  Bytes ahead() {
    return Bytes.adopt(Arrays.copyOfRange(bytes, buffer.position(), end));
  }

  /** A reader over the next {@code length} bytes only, which this one steps over. */
  public ByteReader slice(long length, String field) throws MalformedException {
    need(length, field);
    int from = buffer.position();
    buffer.position(from + (int) length);
    return new ByteReader(
        bytes,
        from,
        from + (int) length,
        buffer.order(),
        structure + "." + field,
        base + from - start);
  }

  /** Refuses bytes after the end of the structure. */
  public void end() throws MalformedException {
    if (remaining() != 0) {
      throw malformed("the end", remaining() + " more bytes");
    }
  }

  /** {@return an exception that names this structure and the present offset} */
  public MalformedException malformed(String expected, String found) {
    return new MalformedException(structure, offset(), expected, found);
  }

  private void need(long length, String field) throws MalformedException {
    if (length < 0 || length > remaining()) {
      throw malformed(length + " bytes of " + field, remaining() + " left");
    }
  }
}
