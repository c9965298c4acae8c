package org.shieldwall.tpm;

/** Sized buffers, TPM2B_* (Part 2, section 10.4): a 16-bit length and that many bytes. */
final class Tpm2b {
  private Tpm2b() {}

  /** Reads a sized buffer of at most {@code maximum} bytes. */
  static Bytes read(ByteReader in, String field, int maximum) throws MalformedException {
    long at = in.offset();
    int length = in.u16(field + ".size");
    if (length > maximum) {
      throw new MalformedException(field, at, "at most " + maximum + " bytes", length + " bytes");
    }
    return Bytes.adopt(in.bytes(length, field));
  }
}
