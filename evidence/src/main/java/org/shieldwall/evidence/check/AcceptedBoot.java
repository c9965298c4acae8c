package org.shieldwall.evidence.check;

import java.util.List;
import java.util.stream.Collectors;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;

/** {@link Check#BOOT_BASELINE}. Any one will do; if none does, the nearest says what differs. */
final class AcceptedBoot implements HostCheck {
  @Override
  public CheckResult judge(HostEvidence host) {
    List<BootBaseline> baselines = host.settings().baselines();
    if (baselines.isEmpty()) {
      return CheckResult.fail(
          Check.BOOT_BASELINE,
          List.of(
              new Finding(
                  FindingCode.BOOT_BASELINE_MISSING,
                  "the policy asks for a baseline and has none",
                  "at least one baseline",
                  "none")));
    }
    String expected =
        baselines.stream()
            .map(each -> '"' + each.name() + '"')
            .collect(Collectors.joining(" or ", "baseline ", ""));
    if (host.facts().isEmpty()) {
      return CheckResult.notChecked(Check.BOOT_BASELINE, expected, "no event log");
    }
    BaselineMatch match = host.baselines();
    return match.matched().isEmpty()
        ? CheckResult.fail(Check.BOOT_BASELINE, match.nearest())
        : CheckResult.pass(
            Check.BOOT_BASELINE, expected, "the boot of " + String.join(", ", match.matched()));
  }
}
