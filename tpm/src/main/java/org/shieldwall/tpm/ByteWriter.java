package org.shieldwall.tpm;

import java.io.ByteArrayOutputStream;

/**
 * Writes big-endian TPM structures (TPM 2.0 Library, Part 1, section 4.1) into a growing buffer.
 */
public final class ByteWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

  /** Starts with nothing written. */
  public ByteWriter() {}

  /** Writes the low 8 bits of {@code value}. */
  public ByteWriter u8(int value) {
    out.write(value);
    return this;
  }

  /** Writes the low 16 bits of {@code value}. */
  public ByteWriter u16(int value) {
    out.write(value >>> 8);
    out.write(value);
    return this;
  }

  /** Writes the low 32 bits of {@code value}. */
  public ByteWriter u32(long value) {
    return u16((int) (value >>> 16)).u16((int) value);
  }

  /** Writes 64 bits. */
  public ByteWriter u64(long value) {
    return u32(value >>> 32).u32(value);
  }

  /** Writes {@code value} as it is. */
  public ByteWriter bytes(byte[] value) {
    out.writeBytes(value);
    return this;
  }

  /** Writes {@code value} as it is. */
  public ByteWriter bytes(Bytes value) {
    out.writeBytes(value.shared());
    return this;
  }

  /** Writes a TPM2B: a 16-bit length and the bytes. */
  public ByteWriter sized(byte[] value) {
    if (value.length > 0xFFFF) {
      throw new IllegalArgumentException(value.length + " bytes do not fit a TPM2B");
    }
    return u16(value.length).bytes(value);
  }

  /** Writes a TPM2B: a 16-bit length and the bytes. */
  public ByteWriter sized(Bytes value) {
    return sized(value.shared());
  }

  /** {@return how many bytes have been written} */
  public int length() {
    return out.size();
  }

  /** {@return all that has been written} */
  public byte[] toByteArray() {
    return out.toByteArray();
  }

  /** {@return all that has been written} */
  public Bytes toBytes() {
    return Bytes.adopt(out.toByteArray());
  }
}
