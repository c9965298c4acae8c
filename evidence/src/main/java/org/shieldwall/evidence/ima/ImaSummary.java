package org.shieldwall.evidence.ima;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * What a list comes to.
 *
 * @param entries how many entries
 * @param violations how many of them the kernel marked as violations
 * @param templates how many entries of each template
 * @param pcr10 value of PCR 10 after the last entry, by bank
 * @param mismatches the first {@link #MOST_MISMATCHES} entries whose template digest is wrong
 * @param mismatchCount how many there are in all
 * @param matchedPrefix after how many entries PCR 10 had the expected value, if ever
 */
public record ImaSummary(
    long entries,
    long violations,
    SortedMap<String, Long> templates,
    Map<TpmHash, Bytes> pcr10,
    List<ImaMismatch> mismatches,
    long mismatchCount,
    OptionalLong matchedPrefix) {
  /** So many mismatches are kept. */
  public static final int MOST_MISMATCHES = 100;

  /** Keeps its own copies. */
  public ImaSummary {
    templates = Collections.unmodifiableSortedMap(new TreeMap<>(templates));
    pcr10 = Collections.unmodifiableMap(new EnumMap<>(pcr10));
    mismatches = List.copyOf(mismatches);
  }
}
