package org.shieldwall.cli.trace;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.Outcome;

/**
 * One check as it is explained: the same words for people and for machines.
 *
 * @param remedy the command or act that mends it; empty where nothing has to be mended
 * @param anchors places in docs, the check's own first
 * @param exceptedUntil until when the check is off for this host alone
 */
record Explanation(
    Check check,
    Outcome outcome,
    String expected,
    String found,
    String why,
    String remedy,
    List<String> anchors,
    List<Finding> findings,
    Optional<Instant> exceptedUntil) {
  private static final String DOCS = "docs/";

  static Explanation of(CheckResult result, Optional<Instant> exceptedUntil) {
    String own = DOCS + "policy.md#" + result.check().label();
    List<String> anchors =
        Stream.concat(
                Stream.of(own),
                result.findings().stream().map(each -> DOCS + each.code().anchor()).distinct())
            .toList();
    return new Explanation(
        result.check(),
        result.outcome(),
        result.expected(),
        result.found(),
        result.check().why(),
        remedy(result),
        anchors,
        result.findings(),
        result.outcome() == Outcome.OFF ? exceptedUntil : Optional.empty());
  }

  private static String remedy(CheckResult result) {
    return switch (result.outcome()) {
      case PASS, OFF -> "";
      case FAIL -> result.findings().getFirst().code().remedy();
      case NOT_CHECKED -> {
        if (!result.findings().isEmpty()) {
          yield result.findings().getFirst().code().remedy();
        }
        yield result.found().startsWith(CaptureAppraisal.SERVICE_ALONE)
            ? "nothing is known to be wrong; the service says: shieldwall hgs trace HOST"
            : "mend what failed before it: this check rests on that";
      }
    };
  }

  /** {@return whether a reader has to do something about it} */
  boolean needsMending() {
    return outcome == Outcome.FAIL || outcome == Outcome.NOT_CHECKED;
  }
}
