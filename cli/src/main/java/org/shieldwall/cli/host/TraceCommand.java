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
import org.shieldwall.cli.CaptureFile;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.cli.hgs.BaselineFile;
import org.shieldwall.cli.trace.CaptureAppraisal;
import org.shieldwall.cli.trace.Trace;
import org.shieldwall.cli.trace.Trace.Conclusion;
import org.shieldwall.cli.trace.TraceOutput;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.policy.DefaultPolicy;
import org.shieldwall.hgs.policy.PolicyDocument;
import org.shieldwall.hgs.policy.PolicyFiles;
import org.shieldwall.hgs.policy.PolicyReader;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.agent.AgentClient;
import org.shieldwall.host.agent.AgentReply;
import org.shieldwall.host.agent.AgentRequest;
import org.shieldwall.host.attest.AttestationSetting;
import org.shieldwall.protocol.Capture;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;
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

  @Option(
      names = "--policy",
      paramLabel = "FILE",
      description =
          "The policy to hold it against, a document as the service takes it. Default: the"
              + " service's own, as it is where nothing was set.")
  private Optional<Path> policyFile = Optional.empty();

  @Option(
      names = "--baseline",
      paramLabel = "FILE",
      description =
          "A boot that is accepted: a baseline, event log or capture. May be given more than once;"
              + " without one, what the service said last counts.")
  private List<Path> baselines = new ArrayList<>();

  @Option(names = "--plain", description = "Draw the tree with ASCII alone.")
  private boolean plain;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    AttestationPolicy policy = policy();
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

  private AttestationPolicy policy() {
    List<BootBaseline> boots =
        baselines.stream()
            .map(file -> new BaselineFile(file, false, CaptureLevel.BOOT).read(null))
            .toList();
    if (policyFile.isEmpty()) {
      return AttestationPolicy.standard(DefaultPolicy.NAME, DefaultPolicy.VERSION, boots);
    }
    Path file = policyFile.get();
    String text = new String(InputFile.read(file, PolicyReader.MAX_BYTES), StandardCharsets.UTF_8);
    Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/"));
    try {
      PolicyDocument document = PolicyReader.read(file.toString(), text, PolicyFiles.in(folder));
      return new AttestationPolicy(
          document.name(),
          document.version(),
          TpmHash.SHA256,
          false,
          document.on(),
          document.settings().withBaselines(boots));
    } catch (HgsException problem) {
      throw new Failure(problem.what(), problem.hint(), Failure.MALFORMED);
    }
  }

  private static boolean drawsLines() {
    return Charset.forName(System.getProperty("stdout.encoding", "UTF-8"), StandardCharsets.UTF_8)
        .equals(StandardCharsets.UTF_8);
  }

  private static Trace ofFile(Path file, AttestationPolicy policy) {
    Capture capture = CaptureFile.read(file);
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
    if (!(config.attestation() instanceof AttestationSetting.Tpm)) {
      throw new Failure(
          "this host does not attest with its TPM, so there are no checks to show",
          "what the service said last: shieldwall host status",
          Failure.REFUSED);
    }
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
      throw Failure.malformed("the attestation key in the capture", problem, "");
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
