package org.shieldwall.evidence.quote;

import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.Finding;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAttest;

/**
 * What a quote comes to.
 *
 * @param findings everything that is wrong with it
 * @param attest what was signed, if it can be read; to be believed only without findings
 * @param proven the PCR values that the quote covers, and no others; nothing unless their digest is
 *     the quoted one
 */
public record QuoteAppraisal(
    List<Finding> findings, Optional<TpmAttest> attest, Optional<PcrValues> proven) {
  /** Keeps its own copy of the list. */
  public QuoteAppraisal {
    findings = List.copyOf(findings);
  }

  /** {@return whether nothing is wrong with it} */
  public boolean isGood() {
    return findings.isEmpty();
  }
}
