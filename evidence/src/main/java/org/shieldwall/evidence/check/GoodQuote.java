package org.shieldwall.evidence.check;

import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;

/** {@link Check#QUOTE}. */
final class GoodQuote implements HostCheck {
  @Override
  public CheckResult judge(HostEvidence host) {
    String expected = "a quote that answers this challenge and covers " + host.policy().selection();
    if (!host.quoteFindings().isEmpty()) {
      return CheckResult.fail(Check.QUOTE, host.quoteFindings());
    }
    return host.attest().isPresent()
        ? CheckResult.pass(Check.QUOTE, expected, "one by the attestation key")
        : CheckResult.notChecked(Check.QUOTE, expected, "no key to check its signature with");
  }
}
