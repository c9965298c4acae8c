package org.shieldwall.evidence.check;

import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;

/** {@link Check#EVENT_LOG}. */
final class ReplayedLog implements HostCheck {
  @Override
  public CheckResult judge(HostEvidence host) {
    BootReading boot = host.boot();
    return boot.findings().isEmpty()
        ? CheckResult.pass(
            Check.EVENT_LOG,
            "a log that leads to PCR " + host.policy().reasonedPcrs(),
            boot.facts().isPresent() ? "such a log" : "nothing rests on one")
        : CheckResult.fail(Check.EVENT_LOG, boot.findings());
  }
}
