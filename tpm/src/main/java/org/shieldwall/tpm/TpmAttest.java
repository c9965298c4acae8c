package org.shieldwall.tpm;

/**
 * What a TPM has signed about itself: TPMS_ATTEST (Part 2, section 10.12.12). The signature is over
 * {@link #raw}, never over anything rebuilt from the fields.
 *
 * @param qualifiedSigner qualified name of the key that signed; empty where the caller asked so
 * @param extraData what the caller wanted included, e.g. a nonce
 * @param clock the TPM's clock and counters
 * @param firmwareVersion vendor's firmware version, obfuscated outside the endorsement and platform
 *     hierarchies
 * @param attested what is attested, by type
 * @param raw the bytes that were signed
 */
public record TpmAttest(
    Bytes qualifiedSigner,
    Bytes extraData,
    ClockInfo clock,
    long firmwareVersion,
    Attested attested,
    Bytes raw) {
  /** TPM_GENERATED_VALUE: a restricted key signs nothing from outside that begins like this. */
  public static final long MAGIC = 0xFF544347L;

  static final int TYPE_QUOTE = 0x8018;
  static final int TYPE_CERTIFY = 0x8017;

  private static final int MAX_SIZE = 4096;

  /** What is attested: TPMU_ATTEST. */
  public sealed interface Attested {}

  /**
   * PCRs, by TPM2_Quote.
   *
   * @param selection the PCRs quoted
   * @param pcrDigest digest over their values, in the hash of the signing scheme
   */
  public record Quote(PcrSelection selection, Bytes pcrDigest) implements Attested {}

  /**
   * Another object, by TPM2_Certify.
   *
   * @param name its name
   * @param qualifiedName its qualified name
   */
  public record Certify(TpmName name, TpmName qualifiedName) implements Attested {}

  /**
   * A structure of another type, which nothing here looks into.
   *
   * @param type its TPMI_ST_ATTEST
   * @param body its bytes
   */
  public record Other(int type, Bytes body) implements Attested {}

  /**
   * TPMS_CLOCK_INFO (Part 2, section 10.11.1).
   *
   * @param clock milliseconds the TPM has been powered, over all boots
   * @param resetCount TPM resets since the TPM was last cleared
   * @param restartCount TPM restarts and resumes since the last reset
   * @param safe whether no higher value of {@code clock} can have been reported before
   */
  public record ClockInfo(long clock, long resetCount, long restartCount, boolean safe) {
    /** Reads a TPMS_CLOCK_INFO. */
    public static ClockInfo read(ByteReader in) throws MalformedException {
      long clock = in.u64("clock");
      long resets = in.u32("resetCount");
      long restarts = in.u32("restartCount");
      long at = in.offset();
      int safe = in.u8("safe");
      if (safe > 1) {
        throw new MalformedException("TPMS_CLOCK_INFO", at, "0 or 1", Integer.toString(safe));
      }
      return new ClockInfo(clock, resets, restarts, safe == 1);
    }
  }

  /** {@return the attestation that {@code bytes} is, with nothing after it} */
  public static TpmAttest parse(byte[] bytes) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(bytes, "TPMS_ATTEST");
    if (bytes.length > MAX_SIZE) {
      throw in.malformed("at most " + MAX_SIZE + " bytes", bytes.length + " bytes");
    }
    long magic = in.u32("magic");
    if (magic != MAGIC) {
      throw new MalformedException(
          "TPMS_ATTEST", 0, "TPM_GENERATED_VALUE 0xff544347", "0x%08x".formatted(magic));
    }
    int type = in.u16("type");
    requireKnown(type);
    Bytes signer = Tpm2b.read(in, "qualifiedSigner", TpmName.MAX_SIZE);
    Bytes extraData = Tpm2b.read(in, "extraData", TpmName.MAX_SIZE);
    ClockInfo clock = ClockInfo.read(in);
    long firmware = in.u64("firmwareVersion");
    Attested attested = readAttested(in, type);
    in.end();
    return new TpmAttest(signer, extraData, clock, firmware, attested, Bytes.of(bytes));
  }

  /** TPM_ST_ATTEST_*: 0x8014 to 0x801A but for the gap at 0x801B, and 0x801C. */
  private static void requireKnown(int type) throws MalformedException {
    boolean known = (type >= 0x8014 && type <= 0x801A) || type == 0x801C;
    if (!known) {
      throw new MalformedException(
          "TPMS_ATTEST", 4, "a TPM_ST_ATTEST type", "0x%04x".formatted(type));
    }
  }

  private static Attested readAttested(ByteReader in, int type) throws MalformedException {
    return switch (type) {
      case TYPE_QUOTE -> {
        PcrSelection selection = PcrSelection.read(in);
        yield new Quote(selection, Tpm2b.read(in, "pcrDigest", 64));
      }
      case TYPE_CERTIFY -> {
        TpmName name = new TpmName(Tpm2b.read(in, "name", TpmName.MAX_SIZE));
        yield new Certify(name, new TpmName(Tpm2b.read(in, "qualifiedName", TpmName.MAX_SIZE)));
      }
      default -> new Other(type, Bytes.adopt(in.rest()));
    };
  }
}
