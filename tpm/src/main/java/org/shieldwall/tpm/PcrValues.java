package org.shieldwall.tpm;

import java.security.MessageDigest;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Values of PCRs, by bank and index.
 *
 * @param banks per bank, the values by PCR index, ascending
 */
public record PcrValues(Map<TpmHash, SortedMap<Integer, Bytes>> banks) {
  /** Copies the maps and refuses a value whose length is not its bank's. */
  public PcrValues {
    Map<TpmHash, SortedMap<Integer, Bytes>> copy = new EnumMap<>(TpmHash.class);
    banks.forEach((hash, values) -> {
      values.values().forEach(each -> requireSize(hash, each));
      copy.put(hash, Collections.unmodifiableSortedMap(new TreeMap<>(values)));
    });
    banks = Collections.unmodifiableMap(copy);
  }

  /** {@return the values of one bank} */
  public static PcrValues of(TpmHash hash, Map<Integer, Bytes> values) {
    return new PcrValues(Map.of(hash, new TreeMap<>(values)));
  }

  private static void requireSize(TpmHash hash, Bytes value) {
    if (value.length() != hash.size()) {
      throw new IllegalArgumentException(value.length() + " bytes in bank " + hash.label());
    }
  }

  /** {@return the value of one PCR, if it is known} */
  public Optional<Bytes> value(TpmHash hash, int pcr) {
    return Optional.ofNullable(banks.get(hash)).map(bank -> bank.get(pcr));
  }

  /**
   * {@return the digest over the selected values, bank by bank and PCR by PCR in ascending order}
   * This is a quote's {@code pcrDigest} and PolicyPCR's input (Part 1, section 17.6 and 19.7.7.6);
   * empty if a selected value is not known.
   *
   * @param hash the hash of the digest, not of a bank
   */
  public Optional<Bytes> digest(TpmHash hash, PcrSelection selection) {
    MessageDigest digest = hash.digest();
    for (PcrSelection.Bank bank : selection.banks()) {
      for (int pcr : bank.pcrs()) {
        Optional<Bytes> value = value(bank.hash(), pcr);
        if (value.isEmpty()) {
          return Optional.empty();
        }
        value.get().updateInto(digest);
      }
    }
    return Optional.of(Bytes.adopt(digest.digest()));
  }
}
