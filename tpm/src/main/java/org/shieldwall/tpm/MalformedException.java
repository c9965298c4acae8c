package org.shieldwall.tpm;

/**
 * Bytes that are not what they claim to be. Carries where, what was expected there and what was
 * found, so that whoever sent them can be told.
 */
public final class MalformedException extends Exception {
  private final String structure;
  private final long offset;
  private final String expected;
  private final String found;

  /**
   * @param structure the structure being read, in its specification's name, e.g. {@code
   *     TPMS_ATTEST}
   * @param offset offset in bytes from the start of the input
   * @param expected what the specification asks for at that offset
   * @param found what stands there
   */
  public MalformedException(String structure, long offset, String expected, String found) {
    super(
        "malformed "
            + structure
            + " at offset "
            + offset
            + ": expected "
            + expected
            + ", found "
            + found);
    this.structure = structure;
    this.offset = offset;
    this.expected = expected;
    this.found = found;
  }

  /** {@return the name of the structure being read} */
  public String structure() {
    return structure;
  }

  /** {@return offset in bytes from the start of the input} */
  public long offset() {
    return offset;
  }

  /** {@return what the specification asks for at that offset} */
  public String expected() {
    return expected;
  }

  /** {@return what stands there} */
  public String found() {
    return found;
  }
}
