package org.shieldwall.cli.trace;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.shieldwall.evidence.Appraisal;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.evidence.Verdict;

/**
 * What is known of a host, to be shown.
 *
 * @param host its name
 * @param at when the evidence was taken
 * @param mode how it attests, e.g. {@code tpm}
 * @param policy the policy's name and version
 * @param conclusion what it comes to
 * @param checks each check, with what was expected and found
 * @param exceptions checks that are off for this host alone, and until when
 * @param notes what else the reader has to know; sentences
 */
public record Trace(
    String host,
    Instant at,
    String mode,
    PolicyName policy,
    Conclusion conclusion,
    List<CheckResult> checks,
    Map<Check, Instant> exceptions,
    List<String> notes) {
  /** Keeps its own copies. */
  public Trace {
    checks = List.copyOf(checks);
    exceptions = Map.copyOf(exceptions);
    notes = List.copyOf(notes);
  }

  /** Which policy. */
  public record PolicyName(String name, int version) {}

  /** What it comes to. */
  public enum Conclusion {
    HEALTHY("healthy"),
    REFUSED("refused"),
    /** Nothing failed, and something could not be judged where the trace was made. */
    UNDECIDED("undecided");

    private final String label;

    Conclusion(String label) {
      this.label = label;
    }

    /** {@return the name in JSON} */
    public String label() {
      return label;
    }

    /** {@return what an appraisal comes to} */
    public static Conclusion of(Verdict verdict) {
      return switch (verdict) {
        case Verdict.Healthy _ -> HEALTHY;
        case Verdict.Refused _ -> REFUSED;
      };
    }

    /** {@return what these checks come to} */
    public static Conclusion of(List<CheckResult> checks) {
      if (checks.stream().anyMatch(each -> each.outcome() == Outcome.FAIL)) {
        return REFUSED;
      }
      return checks.stream().anyMatch(each -> each.outcome() == Outcome.NOT_CHECKED)
          ? UNDECIDED
          : HEALTHY;
    }
  }

  /** {@return the same, coming to something else} */
  public Trace concluding(Conclusion other) {
    return new Trace(host, at, mode, policy, other, checks, exceptions, notes);
  }

  /** {@return the trace of an appraisal as it stands} */
  public static Trace of(
      String host,
      Instant at,
      String mode,
      PolicyName policy,
      Appraisal appraisal,
      Map<Check, Instant> exceptions) {
    return new Trace(
        host,
        at,
        mode,
        policy,
        Conclusion.of(appraisal.verdict()),
        appraisal.checks(),
        exceptions,
        List.of());
  }
}
