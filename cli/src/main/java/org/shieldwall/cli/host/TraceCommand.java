package org.shieldwall.cli.host;

import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.cli.trace.CaptureAppraisal;
import org.shieldwall.cli.trace.Trace;
import org.shieldwall.cli.trace.Trace.Conclusion;
import org.shieldwall.cli.trace.TraceOutput;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.agent.AgentClient;
import org.shieldwall.host.agent.AgentReply;
import org.shieldwall.host.agent.AgentRequest;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.Capture;
import org.shieldwall.tpm.MalformedException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code host trace}: check by check, why this host is healthy or is not. */
@Command(
    name = "trace",
    description = {
      "Show check by check why this host is healthy or is not: what is expected, what is there, why it"
          + " matters and what mends it.",
      "Asks this host's TPM for a fresh quote, and the agent for what the service said last; with"
          + " --capture, reads a file and needs neither.",
      "Exit code 0: healthy; 1: refused, or not everything could be judged; 2: a file is malformed."
    },
    mixinStandardHelpOptions = true)
final class TraceCommand implements Callable<Integer> {
  @Mixin private AgentOptions agent = new AgentOptions();

  @Option(
      names = "--capture",
      paramLabel = "FILE",
      description = "A capture to explain in place of this host as it is now.")
  private Optional<Path> captured = Optional.empty();

  @Option(names = "--plain", description = "Draw the tree with ASCII alone.")
  private boolean plain;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    AttestationPolicy policy = AttestationPolicy.standard("default", 1, List.<BootBaseline>of());
    Trace trace = captured.isPresent() ? ofFile(captured.get(), policy) : live(policy);
    PrintWriter out = spec.commandLine().getOut();
    if (agent.json()) {
      out.println(Output.indented(TraceOutput.json(trace)));
    } else {
      out.print(TraceOutput.text(trace, plain || !drawsLines()));
    }
    out.flush();
    return trace.conclusion() == Conclusion.HEALTHY ? 0 : Failure.REFUSED;
  }

  private static boolean drawsLines() {
    return Charset.forName(System.getProperty("stdout.encoding", "UTF-8"), StandardCharsets.UTF_8)
        .equals(StandardCharsets.UTF_8);
  }

  private static Trace ofFile(Path file, AttestationPolicy policy) {
    Capture capture;
    try {
      capture = Capture.parse(InputFile.read(file, Capture.MAX_BYTES));
    } catch (ProtectorException problem) {
      throw new Failure(
          file + " is no capture: " + problem.detail(),
          "make one on the host: shieldwall host capture --out FILE",
          Failure.MALFORMED);
    }
    List<String> notes = new ArrayList<>();
    notes.add(
        "this is a capture of "
            + capture.at()
            + " by the host's own clock; it shows the host as it was, and proves nothing about now");
    if (capture.enclave().isEmpty()) {
      notes.add("no enclave ran when it was taken");
    }
    return trace(capture, policy, appraise(capture, policy), notes);
  }

  private Trace live(AttestationPolicy policy) {
    HostConfig config = agent.config();
    Capture capture = CaptureCommand.take(config);
    List<CheckResult> checks = appraise(capture, policy);
    Optional<ServiceWord> word = word(config);
    List<String> notes = new ArrayList<>();
    if (word.isEmpty()) {
      notes.add(
          "no agent answers, so no enclave is known and nothing of what the service says;"
              + " start it: shieldwall host serve");
      return trace(capture, policy, checks, notes);
    }
    List<CheckResult> settled = word.get().settle(checks);
    word.get().lastFailure().ifPresent(last -> notes.add("the last attestation: " + last));
    notes.addAll(word.get().beyond(settled));
    return word.get().conclude(trace(capture, policy, settled, notes));
  }

  private static Trace trace(
      Capture capture, AttestationPolicy policy, List<CheckResult> checks, List<String> notes) {
    return new Trace(
        capture.identity().name(),
        capture.at(),
        "tpm",
        new Trace.PolicyName(policy.name(), policy.version()),
        Conclusion.of(checks),
        checks,
        Map.of(),
        notes);
  }

  private static List<CheckResult> appraise(Capture capture, AttestationPolicy policy) {
    try {
      return CaptureAppraisal.of(capture, policy);
    } catch (MalformedException problem) {
      throw new Failure(
          "the attestation key in the capture is malformed: " + problem.getMessage(),
          "",
          Failure.MALFORMED);
    }
  }

  private static Optional<ServiceWord> word(HostConfig config) {
    try {
      AgentReply reply =
          new AgentClient(config.agentSocket()).ask(new AgentRequest.Status(), working -> {});
      return reply instanceof AgentReply.Done done
          ? Optional.of(new ServiceWord(done.result()))
          : Optional.empty();
    } catch (AgentException noAgent) {
      return Optional.empty();
    }
  }
}
