package org.shieldwall.evidence;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.MeasuredText;

/** A boot's command line against a baseline's rules. */
final class BaselineCommandLine {
  private BaselineCommandLine() {}

  /**
   * Every line that was measured as a text counts, and the one that the kernel measured itself,
   * which has to be known.
   */
  static List<Finding> compare(BootBaseline baseline, BootFacts facts, Optional<String> claimed) {
    List<String> lines =
        new ArrayList<>(facts.kernelCommandLine().stream().map(MeasuredText::text).toList());
    // Which file of PCR 9 GRUB read is a claim: only named images can be taken at their word.
    boolean byGrub = facts.grubFiles() && baseline.facts().containsKey(FactName.BOOT_APPLICATIONS);
    if (!byGrub) {
      List<String> known = new ArrayList<>(lines);
      claimed.map(String::strip).ifPresent(known::add);
      Optional<String> own =
          known.stream().filter(each -> LoadOptions.measured(facts, each)).findFirst();
      if (own.isEmpty()) {
        return List.of(
            finding(baseline, "no line that is known is the one that the kernel measured"));
      }
      lines.add(own.get());
    }
    if (lines.isEmpty()) {
      return List.of(finding(baseline, "none was measured"));
    }
    return lines.stream()
        .distinct()
        .flatMap(each -> baseline.commandLine().flaws(KernelArguments.parse(each)).stream())
        .map(each -> finding(baseline, each))
        .toList();
  }

  private static Finding finding(BootBaseline baseline, String found) {
    return new Finding(
        FindingCode.BOOT_BASELINE_MISMATCH,
        "baseline \"%s\": the kernel's command line".formatted(baseline.name()),
        baseline.commandLine().describe(),
        found);
  }
}
