package org.shieldwall.evidence.check;

import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.KernelArguments;

/**
 * {@link Check#NO_HIBERNATION}: {@code nohibernate} or lockdown, either of which keeps the kernel
 * from resuming too ({@code kernel/power/hibernate.c}); and no {@code resume=}.
 */
final class NoHibernation implements CommandLineRule {
  @Override
  public Check check() {
    return Check.NO_HIBERNATION;
  }

  @Override
  public FindingCode code() {
    return FindingCode.HIBERNATION_POSSIBLE;
  }

  @Override
  public String expected(HostEvidence host) {
    return "nohibernate, hibernate=no or lockdown, and no resume=";
  }

  @Override
  public Answer answer(KernelArguments line, HostEvidence host) {
    if (line.mentions("resume") && !line.has("noresume")) {
      return new Answer.Contradicted(line.all("resume").getFirst().toString());
    }
    if (line.mentions("hibernate")
        && line.all("hibernate").stream().anyMatch(each -> !each.value().equals("no"))) {
      return new Answer.Contradicted(line.all("hibernate").toString());
    }
    if (line.has("nohibernate") || line.has("hibernate")) {
      return new Answer.Shown("hibernation is off");
    }
    return KernelLockdown.isShown(line)
        ? new Answer.Shown(line.all("lockdown").getFirst().toString())
        : new Answer.Silent("neither");
  }
}
