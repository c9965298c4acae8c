package org.shieldwall.evidence.check;

import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.evidence.KernelArguments;
import org.shieldwall.evidence.check.CommandLineRule.Answer;

/**
 * A check that the kernel's command line shows, or the maker of the image answers for. Where
 * several lines may be the one, each has to show it.
 */
final class CommandLineCheck implements HostCheck {
  private final CommandLineRule rule;

  CommandLineCheck(CommandLineRule rule) {
    this.rule = rule;
  }

  @Override
  public CheckResult judge(HostEvidence host) {
    String expected = rule.expected(host);
    if (host.facts().isEmpty()) {
      return CheckResult.notChecked(rule.check(), expected, "no event log");
    }
    Optional<String> contrary = rule.contradiction(host);
    if (contrary.isPresent()) {
      return fail(expected, contrary.get());
    }
    CommandLineReading reading = host.commandLine();
    Optional<String> silent = Optional.empty();
    String shown = "";
    for (KernelArguments line : reading.lines()) {
      switch (rule.answer(line, host)) {
        case Answer.Shown(String by) -> shown = by;
        case Answer.Contradicted(String by) -> {
          return fail(expected, by + ", " + reading.source());
        }
        case Answer.Silent(String instead) -> silent = Optional.of(instead);
      }
    }
    Optional<String> guarantee = guarantee(host);
    if (guarantee.isPresent()) {
      return CheckResult.pass(rule.check(), expected, guarantee.get());
    }
    if (reading.unproven().isPresent()) {
      return CheckResult.fail(rule.check(), List.of(reading.unproven().get()));
    }
    return silent.isPresent()
        ? fail(expected, silent.get() + ", " + reading.source())
        : CheckResult.pass(rule.check(), expected, shown + ", " + reading.source());
  }

  private Optional<String> guarantee(HostEvidence host) {
    return host.manifest()
        .filter(each -> each.guarantees().contains(rule.check()))
        .map(ImageManifest::name)
        .map(each -> "guaranteed by the maker of image " + each);
  }

  private CheckResult fail(String expected, String found) {
    return CheckResult.fail(
        rule.check(),
        List.of(new Finding(rule.code(), "not shown: " + rule.check().title(), expected, found)));
  }
}
