package org.shieldwall.cli.host;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.agent.AgentClient;
import org.shieldwall.host.agent.AgentReply;
import org.shieldwall.host.agent.AgentRequest;
import org.shieldwall.host.attest.HostCapture;
import org.shieldwall.host.attest.HostTpm;
import org.shieldwall.protector.B64u;
import org.shieldwall.protocol.Capture;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.command.TpmException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code host capture}: this host's evidence in one file. */
@Command(
    name = "capture",
    description = {
      "Write this host's evidence to one file: identity, a quote over a nonce of its own, PCRs, event"
          + " log, IMA list.",
      "It shows how the host is now to whoever reads it later; it proves nothing about later."
    },
    mixinStandardHelpOptions = true)
final class CaptureCommand implements Runnable {
  @Mixin private AgentOptions agent = new AgentOptions();

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "The capture.")
  private Path out = Path.of("");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    if (Files.exists(out)) {
      throw exists(out);
    }
    Capture capture = take(agent.config());
    try {
      Files.write(out, capture.toBytes(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException exists) {
      throw exists(out);
    } catch (IOException problem) {
      throw new Failure(
          out + " cannot be written: " + problem.getMessage(), "", Failure.ENVIRONMENT);
    }
    show(capture);
  }

  /** {@return this host as it is now} */
  static Capture take(HostConfig config) {
    try (HostTpm tpm = HostTpm.open(HostCommand.address(config.tpm()))) {
      return HostCapture.take(
          tpm,
          config.evidence(),
          config.name(),
          enclave(config),
          Instant.now(),
          new SecureRandom());
    } catch (TpmException problem) {
      throw new Failure(
          "the TPM at " + config.tpm() + " does not serve: " + problem.getMessage(),
          "",
          Failure.ENVIRONMENT);
    } catch (IOException problem) {
      throw new Failure(
          "the TPM or a log cannot be read: " + problem.getMessage(),
          "is " + config.tpm() + " there, and may you read the kernel's logs? Try it as root",
          Failure.ENVIRONMENT);
    }
  }

  /** The agent knows which enclave runs; where no agent answers, none does. */
  static Optional<Bytes> enclave(HostConfig config) {
    try {
      AgentReply reply =
          new AgentClient(config.agentSocket()).ask(new AgentRequest.Status(), working -> {});
      return reply instanceof AgentReply.Done done
          ? B64u.decode(done.result().path("enclave").path("id").asString())
              .filter(id -> id.length == Capture.noEnclave().length())
              .map(Bytes::of)
          : Optional.empty();
    } catch (AgentException noAgent) {
      return Optional.empty();
    }
  }

  private void show(Capture capture) {
    PrintWriter to = spec.commandLine().getOut();
    ObjectNode result =
        Output.object()
            .put("host", capture.identity().name())
            .put("at", capture.at().toString())
            .put("capture", out.toString())
            .put("enclave", capture.enclave().isPresent())
            .put("certificate", capture.identity().ekCertificate().isPresent())
            .put("eventLogBytes", capture.eventLog().length());
    capture
        .ima()
        .ifPresentOrElse(
            list -> result.put("imaBytes", list.length()), () -> result.putNull("imaBytes"));
    if (agent.json()) {
      to.println(Output.indented(result));
    } else {
      to.println("captured " + capture.identity().name() + " at " + capture.at() + " to " + out);
      to.println("  event log  " + capture.eventLog().length() + " bytes");
      to.println(
          "  IMA list   "
              + capture
                  .ima()
                  .map(list -> list.length() + " bytes")
                  .orElse("the kernel keeps none"));
      to.println(
          "  enclave    "
              + (capture.enclave().isPresent()
                  ? "runs"
                  : "none runs: start shieldwall host serve"));
      to.println("The HGS administrator registers the host and accepts its boot by it:");
      to.println("  shieldwall hgs host add " + out.getFileName());
      to.println("  shieldwall hgs baseline add " + out.getFileName());
      to.println("It shows the host as it was at that time, and proves nothing about later.");
    }
    to.flush();
  }

  private static Failure exists(Path out) {
    return new Failure(out + " exists and is not overwritten", "", Failure.ENVIRONMENT);
  }
}
