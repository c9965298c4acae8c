package org.shieldwall.evidence;

import org.shieldwall.tpm.Bytes;

/**
 * How much of a boot's IMA list has been accepted, so that a host need send only what came since.
 * It counts for the same boot of the same host under the same rules: the verifier checks the boot,
 * by its reset count; host and rules are the caller's.
 *
 * @param entries how many entries
 * @param pcr10 what PCR 10 came to after them, in the policy's bank
 * @param resetCount the reset count of the quote that they were held against
 */
public record ImaResume(long entries, Bytes pcr10, long resetCount) {
  /** Refuses a resume of nothing. */
  public ImaResume {
    if (entries < 1) {
      throw new IllegalArgumentException("no entries to resume after");
    }
  }
}
