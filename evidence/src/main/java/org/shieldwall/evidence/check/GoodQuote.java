package org.shieldwall.evidence.check;

import java.util.List;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;

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
        : CheckResult.fail(
            Check.QUOTE,
            List.of(
                new Finding(
                    FindingCode.AK_UNACCEPTABLE,
                    "the quote's signature cannot be checked with this kind of key",
                    "an RSA key or one on a NIST curve",
                    host.evidence().attestationKey().key().type().toString())));
  }
}
