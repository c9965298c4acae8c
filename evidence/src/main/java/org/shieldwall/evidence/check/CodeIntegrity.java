package org.shieldwall.evidence.check;

import java.util.List;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;

/** {@link Check#CODE_INTEGRITY}. */
final class CodeIntegrity implements HostCheck {
  @Override
  public CheckResult judge(HostEvidence host) {
    if (host.ima().isEmpty()) {
      return CheckResult.fail(
          Check.CODE_INTEGRITY,
          List.of(
              new Finding(
                  FindingCode.CODE_INTEGRITY_MISSING,
                  "the policy asks for code integrity and has no rules",
                  "an allow-list or root hashes",
                  "neither")));
    }
    ImaReading ima = host.ima().get();
    return ima.findings().isEmpty()
        ? CheckResult.pass(
            Check.CODE_INTEGRITY,
            "allowed files only in the IMA list",
            ima.covered() + " entries, each allowed")
        : CheckResult.fail(Check.CODE_INTEGRITY, ima.findings());
  }
}
