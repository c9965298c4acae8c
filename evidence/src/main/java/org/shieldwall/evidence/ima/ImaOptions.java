package org.shieldwall.evidence.ima;

import java.util.Optional;
import java.util.Set;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * How to replay a list.
 *
 * @param banks the banks to compute PCR 10 of
 * @param checkTemplateDigests whether to hold each entry's template digest against its data; what
 *     goes into a bank other than SHA-1 is computed from the data, so that a match with a quoted
 *     value proves the data without it
 * @param expected the value to look for, and its bank
 * @param start the value that PCR 10 had before the list, and its bank; nothing: zero, as after a
 *     boot
 */
public record ImaOptions(
    Set<TpmHash> banks,
    boolean checkTemplateDigests,
    Optional<Expected> expected,
    Optional<Expected> start) {
  /** Options for a list from its first entry on. */
  public ImaOptions(Set<TpmHash> banks, boolean checkTemplateDigests, Optional<Expected> expected) {
    this(banks, checkTemplateDigests, expected, Optional.empty());
  }

  /**
   * A value of PCR 10.
   *
   * @param bank its bank
   * @param value the value
   */
  public record Expected(TpmHash bank, Bytes value) {}

  /** Keeps its own copy of the banks. */
  public ImaOptions {
    banks = Set.copyOf(banks);
    if (expected.isPresent() && !banks.contains(expected.get().bank())) {
      throw new IllegalArgumentException("the bank of the expected value is not computed");
    }
    if (start.isPresent() && start.get().value().length() != start.get().bank().size()) {
      throw new IllegalArgumentException("no value of bank " + start.get().bank().label());
    }
  }
}
