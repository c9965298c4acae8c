package org.shieldwall.tpm;

/**
 * The name of an object or NV index: hash algorithm and digest of its public area (Part 1, section
 * 16). For a hierarchy, a PCR or a session it is the handle itself.
 *
 * @param value the name's bytes, as they stand in a TPM2B_NAME
 */
public record TpmName(Bytes value) {
  static final int MAX_SIZE = 2 + 64;

  /** {@return the name of the object with this public area} */
  public static TpmName of(TpmPublic area) {
    return digest(area.nameAlg(), area.nameAlg().hash(area.raw()));
  }

  /** {@return the name of a hierarchy, a PCR or a session: its handle} */
  public static TpmName ofHandle(int handle) {
    return new TpmName(new ByteWriter().u32(handle).toBytes());
  }

  /** {@return the name made of this algorithm and digest} */
  public static TpmName digest(TpmHash algorithm, Bytes digest) {
    return new TpmName(new ByteWriter().u16(algorithm.id()).bytes(digest).toBytes());
  }

  /**
   * {@return the qualified name of the object called {@code this} below a parent with qualified
   * name {@code parent}} It says through which chain of parents an object hangs from its hierarchy
   * (Part 1, section 16); a quote's {@code qualifiedSigner} is one.
   *
   * @param nameAlg the object's name algorithm
   */
  public TpmName qualifiedBelow(TpmName parent, TpmHash nameAlg) {
    return digest(nameAlg, nameAlg.hash(parent.value, value));
  }

  @Override
  public String toString() {
    return value.hex();
  }
}
