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
 */
public record ImaOptions(
    Set<TpmHash> banks, boolean checkTemplateDigests, Optional<Expected> expected) {
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
  }
}
