package org.shieldwall.evidence.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogProblem;
import org.shieldwall.evidence.eventlog.SecureBootState;

/** {@link Check#SECURE_BOOT}: PCR 7, as firmware measured it before it let anything else run. */
final class SecureBootOn implements HostCheck {
  private static final String ON = "on";

  @Override
  public CheckResult judge(HostEvidence host) {
    Optional<BootFacts> facts = host.facts();
    if (facts.isEmpty()) {
      return CheckResult.notChecked(Check.SECURE_BOOT, ON, "no event log");
    }
    List<Finding> findings = findings(facts.get());
    return findings.isEmpty()
        ? CheckResult.pass(Check.SECURE_BOOT, ON, "on, in PCR 7")
        : CheckResult.fail(Check.SECURE_BOOT, findings);
  }

  private static List<Finding> findings(BootFacts facts) {
    List<Finding> findings = new ArrayList<>();
    for (LogProblem problem : facts.problems()) {
      if (problem.code() == LogProblem.Code.SECURE_BOOT_UNREADABLE) {
        findings.add(
            finding(
                FindingCode.SECURE_BOOT_UNPROVEN,
                "PCR 7, event " + problem.event() + ": " + problem.detail(),
                problem.code().label()));
      }
    }
    if (facts.secureBoot() == SecureBootState.OFF) {
      findings.add(
          finding(FindingCode.SECURE_BOOT_OFF, "firmware measured SecureBoot as 0", "off"));
    } else if (facts.shimValidationDisabled()) {
      findings.add(
          finding(
              FindingCode.SECURE_BOOT_OFF,
              "shim was told not to check signatures (MokSBState)",
              "on in firmware, off in shim"));
    } else if (facts.secureBoot() == SecureBootState.UNKNOWN && findings.isEmpty()) {
      findings.add(
          finding(
              FindingCode.SECURE_BOOT_UNPROVEN,
              "PCR 7 does not show Secure Boot's state",
              "unknown"));
    } else if (!facts.bootApplications().isEmpty() && facts.authorities().isEmpty()) {
      // Firmware measures the key that lets an image run (PFP section 3.3.4.8): there has to be
      // one.
      findings.add(
          finding(
              FindingCode.SECURE_BOOT_UNPROVEN,
              "images ran (PCR 4), and no key let any of them (PCR 7)",
              "on, and not obeyed"));
    }
    return findings;
  }

  private static Finding finding(FindingCode code, String detail, String found) {
    return new Finding(code, detail, ON, found);
  }
}
