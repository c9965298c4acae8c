package org.shieldwall.cli.hgs;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.shieldwall.cli.Failure;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.CommandLineRules;
import picocli.CommandLine.Option;

/** What makes a baseline wider than the one boot that it comes from. */
final class BaselineRules {
  @Option(
      names = "--or",
      paramLabel = "FILE|NAME",
      description =
          "Another boot that will do too, fact by fact: a file, or a registered baseline. May be"
              + " given several times.")
  private List<String> others = List.of();

  @Option(
      names = "--require",
      paramLabel = "WORD",
      description =
          "A word that the kernel's command line must have, and no other value of that parameter:"
              + " lockdown=confidentiality. May be given several times.")
  private List<String> required = List.of();

  @Option(
      names = "--forbid",
      paramLabel = "WORD",
      description =
          "A parameter, or a word with its value, that it may not have. May be given several times.")
  private List<String> forbidden = List.of();

  @Option(
      names = "--allow",
      paramLabel = "PATTERN",
      description =
          "A pattern (* for any characters) of which each of its words must match one; without any,"
              + " other words are free. May be given several times.")
  private List<String> allowed = List.of();

  /**
   * {@return the baseline with these}
   *
   * @param fromLog whether files are event logs, whatever they look like
   * @param level how much of a log counts
   */
  BootBaseline applied(
      BootBaseline baseline, boolean fromLog, CaptureLevel level, HgsOptions options) {
    CommandLineRules rules = rules();
    BootBaseline wider = baseline;
    try {
      if (!rules.isEmpty()) {
        wider = wider.withRules(rules);
      }
      for (String each : others) {
        wider = wider.or(BaselineFile.orRegistered(each, fromLog, level, options));
      }
      return wider;
    } catch (IllegalArgumentException misfit) {
      throw new Failure(
          "the baseline cannot be made: " + misfit.getMessage(),
          "take all of them at one --level, which for rules is at least keys",
          Failure.MALFORMED);
    }
  }

  private CommandLineRules rules() {
    for (List<String> words : List.of(required, forbidden, allowed)) {
      for (String each : words) {
        if (!CommandLineRules.isWord(each)) {
          throw new Failure(
              "\"" + each + "\" is not one word of a command line",
              "give each word by itself: --require WORD --require WORD",
              Failure.MALFORMED);
        }
      }
    }
    return new CommandLineRules(
        asSet(required), asSet(forbidden), List.copyOf(new LinkedHashSet<>(allowed)));
  }

  private static Set<String> asSet(List<String> words) {
    return Set.copyOf(new LinkedHashSet<>(words));
  }
}
