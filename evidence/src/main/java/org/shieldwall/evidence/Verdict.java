package org.shieldwall.evidence;

import java.util.List;

/** What evidence comes to. */
public sealed interface Verdict {
  /** Every check passed. */
  record Healthy(HealthClaims claims) implements Verdict {}

  /**
   * At least one check did not pass.
   *
   * @param findings all of them, never just the first
   */
  record Refused(List<Finding> findings) implements Verdict {
    /** Refuses to be without a reason. */
    public Refused {
      findings = List.copyOf(findings);
      if (findings.isEmpty()) {
        throw new IllegalArgumentException("a refusal needs a finding");
      }
    }
  }
}
