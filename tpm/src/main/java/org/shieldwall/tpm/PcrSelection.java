package org.shieldwall.tpm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which PCRs of which banks: TPML_PCR_SELECTION (Part 2, section 10.9.7).
 *
 * @param banks the banks in the order given, each at most once
 */
public record PcrSelection(List<Bank> banks) {
  /** No PCR at all. */
  public static final PcrSelection NONE = new PcrSelection(List.of());

  private static final int MAX_BANKS = 16;

  /** What PC Client TPMs use: 24 PCRs. */
  private static final int USUAL_SIZE = 3;

  private static final int MAX_SIZE = 4;

  /** Copies the list. */
  public PcrSelection {
    banks = List.copyOf(banks);
  }

  /**
   * The PCRs of one bank: TPMS_PCR_SELECTION.
   *
   * @param hash the bank
   * @param size length of the bit map in bytes, 1 to 4
   * @param mask bit n for PCR n
   */
  public record Bank(TpmHash hash, int size, int mask) {
    /** Refuses bits that the size has no room for. */
    public Bank {
      if (size < 0 || size > MAX_SIZE || (size < MAX_SIZE && mask >>> (8 * size) != 0)) {
        throw new IllegalArgumentException("mask " + mask + " in " + size + " bytes");
      }
    }

    /** {@return the PCRs selected, ascending} */
    public List<Integer> pcrs() {
      return IntStream.range(0, 32).filter(this::has).boxed().toList();
    }

    /** {@return whether this PCR is selected} */
    public boolean has(int pcr) {
      return pcr >= 0 && pcr < 32 && (mask >>> pcr & 1) != 0;
    }

    @Override
    public String toString() {
      return hash.label()
          + ":"
          + pcrs().stream().map(String::valueOf).collect(Collectors.joining(","));
    }
  }

  /** {@return these PCRs of one bank} */
  public static PcrSelection of(TpmHash hash, int... pcrs) {
    return new PcrSelection(List.of(bank(hash, pcrs)));
  }

  /** {@return PCRs 0 to 23 of each of these banks} */
  public static PcrSelection all(TpmHash... hashes) {
    return new PcrSelection(
        Arrays.stream(hashes).map(each -> new Bank(each, USUAL_SIZE, 0xFFFFFF)).toList());
  }

  /** {@return this selection with these PCRs of a further bank} */
  public PcrSelection and(TpmHash hash, int... pcrs) {
    List<Bank> more = new ArrayList<>(banks);
    more.add(bank(hash, pcrs));
    return new PcrSelection(more);
  }

  private static Bank bank(TpmHash hash, int... pcrs) {
    int mask = 0;
    for (int pcr : pcrs) {
      if (pcr < 0 || pcr >= 24) {
        throw new IllegalArgumentException("PCR " + pcr);
      }
      mask |= 1 << pcr;
    }
    return new Bank(hash, USUAL_SIZE, mask);
  }

  /** {@return the part of this selection that lies in this bank} */
  public Optional<Bank> bank(TpmHash hash) {
    return banks.stream().filter(each -> each.hash() == hash).findFirst();
  }

  /** {@return whether no PCR is selected} */
  public boolean isEmpty() {
    return banks.stream().allMatch(each -> each.mask() == 0);
  }

  /** {@return the selection that {@code bytes} is, with nothing after it} */
  public static PcrSelection parse(byte[] bytes) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(bytes, "TPML_PCR_SELECTION");
    PcrSelection selection = read(in);
    in.end();
    return selection;
  }

  /** Reads a TPML_PCR_SELECTION and leaves what follows it. */
  public static PcrSelection read(ByteReader in) throws MalformedException {
    long at = in.offset();
    long count = in.u32("pcrSelections.count");
    if (count > MAX_BANKS) {
      throw new MalformedException(
          "TPML_PCR_SELECTION", at, "at most " + MAX_BANKS + " banks", count + " banks");
    }
    List<Bank> banks = new ArrayList<>();
    EnumSet<TpmHash> seen = EnumSet.noneOf(TpmHash.class);
    for (int i = 0; i < count; i++) {
      long bankAt = in.offset();
      TpmHash hash = TpmHash.read(in, "pcrSelection.hash");
      if (!seen.add(hash)) {
        throw new MalformedException(
            "TPML_PCR_SELECTION", bankAt, "each bank once", hash.label() + " twice");
      }
      banks.add(readBank(in, hash));
    }
    return new PcrSelection(banks);
  }

  private static Bank readBank(ByteReader in, TpmHash hash) throws MalformedException {
    long at = in.offset();
    int size = in.u8("sizeofSelect");
    if (size > MAX_SIZE) {
      throw new MalformedException(
          "TPMS_PCR_SELECTION", at, "at most " + MAX_SIZE + " bytes", size + " bytes");
    }
    int mask = 0;
    for (int i = 0; i < size; i++) {
      mask |= in.u8("pcrSelect") << (8 * i);
    }
    return new Bank(hash, size, mask);
  }

  /** Writes the TPML_PCR_SELECTION. */
  public void write(ByteWriter out) {
    out.u32(banks.size());
    for (Bank bank : banks) {
      out.u16(bank.hash().id()).u8(bank.size());
      for (int i = 0; i < bank.size(); i++) {
        out.u8(bank.mask() >>> (8 * i));
      }
    }
  }

  /** {@return the TPML_PCR_SELECTION} */
  public Bytes marshal() {
    ByteWriter out = new ByteWriter();
    write(out);
    return out.toBytes();
  }

  @Override
  public String toString() {
    return banks.stream().map(Bank::toString).collect(Collectors.joining("+"));
  }
}
