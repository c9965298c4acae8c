package org.shieldwall.tpm;

import java.util.Arrays;

/**
 * Writes big-endian TPM structures (TPM 2.0 Library, Part 1, section 4.1) into a growing buffer.
 * Some of them hold secrets, so every buffer it outgrows is wiped, and {@link #wipe} wipes the
 * last.
 */
public final class ByteWriter {
  private byte[] buffer = new byte[256];
  private int length;

  /** Starts with nothing written. */
  public ByteWriter() {}

  /** Writes the low 8 bits of {@code value}. */
  public ByteWriter u8(int value) {
    reserve(1);
    buffer[length++] = (byte) value;
    return this;
  }

  /** Writes the low 16 bits of {@code value}. */
  public ByteWriter u16(int value) {
    return u8(value >>> 8).u8(value);
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
    reserve(value.length);
    System.arraycopy(value, 0, buffer, length, value.length);
    length += value.length;
    return this;
  }

  /** Writes {@code value} as it is. */
  public ByteWriter bytes(Bytes value) {
    return bytes(value.shared());
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
    return length;
  }

  /** {@return a copy of all that has been written} */
  public byte[] toByteArray() {
    return Arrays.copyOf(buffer, length);
  }

  /** {@return a copy of all that has been written} */
  public Bytes toBytes() {
    return Bytes.adopt(toByteArray());
  }

  /** Forgets and overwrites all that has been written. */
  public void wipe() {
    Arrays.fill(buffer, (byte) 0);
    length = 0;
  }

  private void reserve(int more) {
    if (buffer.length - length < more) {
      byte[] larger = Arrays.copyOf(buffer, Math.max(2 * buffer.length, length + more));
      Arrays.fill(buffer, (byte) 0);
      buffer = larger;
    }
  }
}
