package org.shieldwall.tpm;

/**
 * TPMT_SYM_DEF_OBJECT (Part 2, section 11.1.7): how a storage key protects its children.
 *
 * @param algorithm the block cipher, or {@link TpmAlgorithm#NULL} for none
 * @param keyBits length of the key in bits; 0 for none
 * @param mode the mode of operation; {@link TpmAlgorithm#NULL} for none
 */
public record SymmetricDefinition(TpmAlgorithm algorithm, int keyBits, TpmAlgorithm mode) {
  /** No symmetric cipher. */
  public static final SymmetricDefinition NONE =
      new SymmetricDefinition(TpmAlgorithm.NULL, 0, TpmAlgorithm.NULL);

  /** AES-128 in CFB mode, what every endorsement and storage template here uses. */
  public static final SymmetricDefinition AES_128_CFB =
      new SymmetricDefinition(TpmAlgorithm.AES, 128, TpmAlgorithm.CFB);

  static SymmetricDefinition read(ByteReader in) throws MalformedException {
    long at = in.offset();
    TpmAlgorithm algorithm = TpmAlgorithm.read(in, "symmetric.algorithm");
    return switch (algorithm) {
      case NULL -> NONE;
      case AES, SM4, CAMELLIA -> {
        int bits = in.u16("symmetric.keyBits");
        yield new SymmetricDefinition(algorithm, bits, readMode(in));
      }
      default ->
          throw new MalformedException(
              "TPMT_SYM_DEF_OBJECT",
              at,
              "a block cipher or NULL",
              TpmAlgorithm.describe(algorithm.id()));
    };
  }

  private static TpmAlgorithm readMode(ByteReader in) throws MalformedException {
    long at = in.offset();
    TpmAlgorithm mode = TpmAlgorithm.read(in, "symmetric.mode");
    return switch (mode) {
      case NULL, CTR, OFB, CBC, CFB, ECB -> mode;
      default ->
          throw new MalformedException(
              "TPMT_SYM_DEF_OBJECT",
              at,
              "a mode of operation or NULL",
              TpmAlgorithm.describe(mode.id()));
    };
  }

  void write(ByteWriter out) {
    out.u16(algorithm.id());
    if (algorithm != TpmAlgorithm.NULL) {
      out.u16(keyBits).u16(mode.id());
    }
  }
}
