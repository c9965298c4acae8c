package org.shieldwall.cli.host;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.shieldwall.cli.trace.Trace;
import org.shieldwall.cli.trace.Trace.Conclusion;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.Outcome;
import tools.jackson.databind.JsonNode;

/**
 * What the service said last, as the agent remembers it: the word on what a host cannot judge
 * itself, and on what the service asks beyond the policy at hand.
 *
 * @param status the agent's status
 */
record ServiceWord(JsonNode status) {
  private static final Set<FindingCode> REGISTRATION =
      Stream.of(FindingCode.values())
          .filter(code -> code.code().startsWith("ek-"))
          .collect(Collectors.toSet());

  private static final Set<FindingCode> BOOT =
      Set.of(FindingCode.BOOT_BASELINE_MISSING, FindingCode.BOOT_BASELINE_MISMATCH);

  /** {@return the checks, those that could not be judged here settled where the service did} */
  List<CheckResult> settle(List<CheckResult> checks) {
    List<CheckResult> settled = new ArrayList<>();
    for (CheckResult each : checks) {
      settled.add(
          switch (each.check()) {
            case EK_REGISTERED -> settle(each, REGISTRATION, "registered as " + text("host"));
            case BOOT_BASELINE -> settle(each, BOOT, "the boot of " + baselines());
            default -> each;
          });
    }
    return settled;
  }

  private CheckResult settle(CheckResult local, Set<FindingCode> codes, String accepted) {
    if (local.outcome() != Outcome.NOT_CHECKED) {
      return local;
    }
    List<Finding> said = findings().filter(each -> codes.contains(each.code())).toList();
    if (!said.isEmpty()) {
      return CheckResult.fail(local.check(), said);
    }
    // A refusal for other reasons says nothing about these two: they may have failed with it.
    return healthy()
        ? CheckResult.pass(
            local.check(), local.expected(), accepted + ", said the service at " + text("attested"))
        : local;
  }

  /** {@return what the service found and the checks made here did not, in sentences} */
  List<String> beyond(List<CheckResult> checks) {
    Set<String> known = new HashSet<>();
    checks.forEach(check -> check.findings().forEach(each -> known.add(each.code().code())));
    return reported()
        .filter(each -> !known.contains(each.path("code").asString()))
        .map(each ->
            "the service also found %s: %s (expected %s, found %s); %s"
                .formatted(
                    each.path("code").asString(),
                    each.path("title").asString(),
                    each.path("expected").asString("-"),
                    each.path("found").asString("-"),
                    each.path("remedy").asString("")))
        .toList();
  }

  /** {@return whether the service refused last, or was not reached} */
  Optional<String> lastFailure() {
    JsonNode failure = status.path("lastFailure");
    return failure.isMissingNode()
        ? Optional.empty()
        : Optional.of(failure.path("code").asString() + ": " + failure.path("what").asString());
  }

  /** What the service refuses is refused, whatever the checks made here come to. */
  Trace conclude(Trace trace) {
    if (reported().findAny().isPresent()) {
      return trace.concluding(Conclusion.REFUSED);
    }
    return trace.conclusion() == Conclusion.HEALTHY && !healthy()
        ? trace.concluding(Conclusion.UNDECIDED)
        : trace;
  }

  private boolean healthy() {
    return status.path("healthy").asBoolean();
  }

  private String baselines() {
    return StreamSupport.stream(status.at("/claims/baselines").spliterator(), false)
        .map(JsonNode::asString)
        .collect(Collectors.joining(", "));
  }

  private Stream<JsonNode> reported() {
    return StreamSupport.stream(status.at("/lastFailure/findings").spliterator(), false);
  }

  private Stream<Finding> findings() {
    return reported()
        .flatMap(each ->
            Stream.of(FindingCode.values())
                .filter(code -> code.code().equals(each.path("code").asString()))
                .map(code ->
                    new Finding(
                        code,
                        "said the service: " + each.path("title").asString(),
                        each.path("expected").asString("-"),
                        each.path("found").asString("-"))));
  }

  private String text(String name) {
    return status.path(name).asString();
  }
}
