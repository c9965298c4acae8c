package org.shieldwall.evidence;

import java.util.List;

/**
 * What came of one check.
 *
 * @param check which
 * @param outcome what came of it
 * @param expected what the policy asks for, in words
 * @param found what the evidence shows, with its source: event, PCR, IMA entry
 * @param findings each reason why it did not pass; none where it passed or is off
 */
public record CheckResult(
    Check check, Outcome outcome, String expected, String found, List<Finding> findings) {
  /** Refuses to fail without a reason, or to pass with one. */
  public CheckResult {
    findings = List.copyOf(findings);
    if (outcome == Outcome.FAIL ? findings.isEmpty() : passes(outcome) && !findings.isEmpty()) {
      throw new IllegalArgumentException(check.label() + ": " + outcome + " with " + findings);
    }
  }

  private static boolean passes(Outcome outcome) {
    return outcome == Outcome.PASS || outcome == Outcome.OFF;
  }

  /** {@return a check that passed} */
  public static CheckResult pass(Check check, String expected, String found) {
    return new CheckResult(check, Outcome.PASS, expected, found, List.of());
  }

  /** {@return a check that failed, for these reasons} */
  public static CheckResult fail(Check check, List<Finding> findings) {
    Finding first = findings.getFirst();
    return new CheckResult(check, Outcome.FAIL, first.expected(), first.found(), findings);
  }

  /** {@return a check that was not judged, because of what failed before it} */
  public static CheckResult notChecked(Check check, String expected, String why) {
    return new CheckResult(check, Outcome.NOT_CHECKED, expected, why, List.of());
  }

  /** {@return a check that the policy does not ask for} */
  public static CheckResult off(Check check) {
    return new CheckResult(
        check, Outcome.OFF, "nothing: the policy does not ask", "not looked at", List.of());
  }
}
