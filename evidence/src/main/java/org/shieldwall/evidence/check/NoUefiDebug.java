package org.shieldwall.evidence.check;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.eventlog.BootFacts;

/**
 * {@link Check#NO_UEFI_DEBUG}. Firmware whose debugger is on measures "UEFI Debug Mode" into PCR 7
 * before anything else runs (PFP section 3.3.4.8): that nothing of the kind is there, in a log that
 * leads to the quoted PCR, is the proof.
 */
final class NoUefiDebug implements HostCheck {
  private static final String EXPECTED = "nothing of a debugger in PCR 7";

  @Override
  public CheckResult judge(HostEvidence host) {
    Optional<BootFacts> facts = host.facts();
    if (facts.isEmpty()) {
      return CheckResult.notChecked(Check.NO_UEFI_DEBUG, EXPECTED, "no event log");
    }
    List<Finding> findings =
        facts.get().securityActions().stream()
            .filter(each -> each.text().toLowerCase(Locale.ROOT).contains("debug"))
            .map(each ->
                new Finding(
                    FindingCode.UEFI_DEBUG_ON,
                    "firmware says that its debugger is on",
                    EXPECTED,
                    "\"" + each.text() + "\", event " + each.event() + ", PCR 7"))
            .toList();
    return findings.isEmpty()
        ? CheckResult.pass(Check.NO_UEFI_DEBUG, EXPECTED, "nothing of a debugger")
        : CheckResult.fail(Check.NO_UEFI_DEBUG, findings);
  }
}
