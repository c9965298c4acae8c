package org.shieldwall.evidence.quote;

import java.util.Optional;
import java.util.Set;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * What a quote has to be.
 *
 * @param extraData what the quote must carry, e.g. a nonce; nothing if it is not looked at
 * @param bank the bank of {@code pcrs}
 * @param pcrs PCRs that the quote must cover
 * @param acceptSha1 whether a signature over SHA-1 will do
 */
public record QuoteExpectations(
    Optional<Bytes> extraData, TpmHash bank, Set<Integer> pcrs, boolean acceptSha1) {
  /** Keeps its own copy of the set. */
  public QuoteExpectations {
    pcrs = Set.copyOf(pcrs);
  }
}
