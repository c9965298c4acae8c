package org.shieldwall.cli.hgs;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.trace.Trace;
import org.shieldwall.cli.trace.Trace.Conclusion;
import org.shieldwall.cli.trace.TraceOutput;
import org.shieldwall.evidence.Check;
import org.shieldwall.hgs.admin.Traces.HostTrace;
import org.shieldwall.hgs.store.RegisteredHost.State;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hgs trace}: a host explained from what it last sent. */
@Command(
    name = "trace",
    description = {
      "Show check by check how a host stands: what is expected, what it last showed, why it matters and"
          + " what mends it.",
      "Judges the evidence that the host sent last under the policy of now; asks the host nothing.",
      "Exit code 0: healthy; 1: refused, or nothing is known."
    },
    mixinStandardHelpOptions = true)
final class TraceCommand implements Callable<Integer> {
  @Parameters(paramLabel = "HOST", description = "The host's name.")
  private String host = "";

  @Option(names = "--plain", description = "Draw the tree with ASCII alone.")
  private boolean plain;

  @Mixin private HgsOptions options = new HgsOptions();

  @Override
  public Integer call() {
    HostTrace found = options.administer(admin -> admin.traces().trace(host));
    Trace trace = trace(found);
    options.print(
        TraceOutput.json(trace),
        () -> options.out().print(TraceOutput.text(trace, plain || !drawsLines())));
    return trace.conclusion() == Conclusion.HEALTHY ? 0 : Failure.REFUSED;
  }

  private static boolean drawsLines() {
    return Charset.forName(System.getProperty("stdout.encoding", "UTF-8"), StandardCharsets.UTF_8)
        .equals(StandardCharsets.UTF_8);
  }

  private static Trace trace(HostTrace found) {
    Map<Check, Instant> exceptions = new EnumMap<>(Check.class);
    found
        .applied()
        .exceptions()
        .forEach(each ->
            Check.ofLabel(each.check()).ifPresent(check -> exceptions.put(check, each.expires())));
    Conclusion conclusion =
        found.host().state() == State.REGISTERED && found.barred().isEmpty()
            ? Conclusion.of(found.appraisal().verdict())
            : Conclusion.REFUSED;
    return new Trace(
        found.host().name(),
        found.last().at(),
        found.last().mode(),
        new Trace.PolicyName(found.applied().policy().name(), found.applied().policy().version()),
        conclusion,
        found.appraisal().checks(),
        exceptions,
        notes(found));
  }

  private static List<String> notes(HostTrace found) {
    List<String> notes = new ArrayList<>();
    if (found.host().state() != State.REGISTERED) {
      String reason = found.host().reason().isEmpty() ? "" : " (" + found.host().reason() + ")";
      notes.add(
          "the host is " + found.host().state().code() + reason + ": nothing is released to it");
    }
    found
        .barred()
        .ifPresent(why -> notes.add("every attestation of the host is refused now: " + why));
    if (!found.last().policy().equals(found.applied().policy().name())
        || found.last().policyVersion() != found.applied().policy().version()) {
      notes.add(
          "when it attested it was held to policy "
              + found.last().policy()
              + ", version "
              + found.last().policyVersion());
    }
    found
        .dropped()
        .forEach(each ->
            notes.add(
                "its " + each + " was too large to be kept: what rests on it is not shown here"));
    found.last().expires().ifPresent(at -> notes.add("its last certificate is good until " + at));
    return notes;
  }
}
