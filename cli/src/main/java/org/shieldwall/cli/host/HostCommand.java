package org.shieldwall.cli.host;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.agent.AgentRequest;
import org.shieldwall.host.agent.HostAgent;
import org.shieldwall.host.attest.AttestationSetting;
import org.shieldwall.host.attest.Evidence;
import org.shieldwall.host.attest.HostTpm;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.command.TpmException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code host init | identity | serve | attest | status}. */
@Command(
    name = "host",
    description = "For the administrator of a guarded host.",
    mixinStandardHelpOptions = true,
    subcommands = {KeyCommand.class, CaptureCommand.class, TraceCommand.class})
public final class HostCommand implements Runnable {
  private static final long WATCH_MILLIS = 500;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "init",
      description = "Set this host up: writes host.toml and keeps the HGS certificate.",
      mixinStandardHelpOptions = true)
  void init(
      @Mixin AgentOptions agent,
      @Option(
              names = "--hgs",
              required = true,
              paramLabel = "URL",
              description = "The Host Guardian Service, https://host:port.")
          URI hgs,
      @Option(
              names = "--hgs-certificate",
              required = true,
              paramLabel = "FILE",
              description = "Its certificate (hgs.pem): the only one this host will believe.")
          Path certificate,
      @Option(
              names = "--name",
              paramLabel = "NAME",
              description = "The host's name as registered. Default: its host name.")
          @Nullable String name,
      @Option(
              names = "--tpm",
              defaultValue = "device:/dev/tpmrm0",
              paramLabel = "ADDRESS",
              description =
                  "device:/dev/tpmrm0 (default), or swtpm:/path/of/socket to try things out.")
          String tpm,
      @Option(
              names = "--event-log",
              paramLabel = "FILE",
              description = "The firmware's log. Default: where the kernel shows it.")
          @Nullable Path eventLog,
      @Option(
              names = "--ima-list",
              paramLabel = "FILE",
              description = "The kernel's IMA list. Default: where the kernel shows it.")
          @Nullable Path imaList,
      @Option(
              names = "--command-line",
              paramLabel = "FILE",
              description = "What the kernel was told. Default: where the kernel shows it.")
          @Nullable Path commandLine,
      @Mixin ModeOptions modes) {
    Evidence usual = Evidence.ofThisBoot();
    String called = name == null ? hostName() : name;
    if (!HostIdentity.isName(called)) {
      throw new Failure(
          "\"" + called + "\" cannot be a host's name",
          "use --name with letters, digits, dots and hyphens",
          Failure.MALFORMED);
    }
    address(tpm);
    Path pinned = agent.directory().resolve("hgs.pem");
    HostConfig config =
        new HostConfig(
            agent.directory(),
            called,
            hgs,
            pinned,
            tpm,
            new Evidence(
                eventLog == null ? usual.eventLog() : eventLog.toAbsolutePath(),
                imaList == null ? usual.imaList() : imaList.toAbsolutePath(),
                commandLine == null ? usual.commandLine() : commandLine.toAbsolutePath()),
            HostConfig.ENCLAVE_USER,
            modes.setting(agent.directory(), called, hgs));
    try {
      byte[] pem = Files.readAllBytes(certificate);
      config.create();
      Files.write(pinned, pem);
    } catch (AgentException problem) {
      throw AgentOptions.failure(problem);
    } catch (IOException problem) {
      throw new Failure(
          "the certificate cannot be copied: " + problem.getMessage(), "", Failure.ENVIRONMENT);
    }
    ObjectNode result =
        Output.object()
            .put("host", called)
            .put("directory", agent.directory().toString())
            .put("hgs", hgs.toString())
            .put("mode", config.attestation().mode().id())
            .put("tpm", tpm);
    print(agent, result, next(config));
  }

  private static String next(HostConfig config) {
    return switch (config.attestation()) {
      case AttestationSetting.Tpm _ ->
          "Next: shieldwall host identity --out " + config.name() + ".identity.json";
      case AttestationSetting.HostKey _ -> "Next: shieldwall host key new";
      case AttestationSetting.Directory directory ->
          "Next: put " + directory.account() + " into a registered group; shieldwall host serve";
    };
  }

  @Command(
      name = "identity",
      description = "Write what an HGS administrator registers: the TPM's endorsement key.",
      mixinStandardHelpOptions = true)
  void identity(
      @Mixin AgentOptions agent,
      @Option(names = "--out", required = true, paramLabel = "FILE", description = "The identity.")
          Path out) {
    HostConfig config = agent.config();
    try (HostTpm tpm = HostTpm.open(address(config.tpm()))) {
      HostIdentity identity = tpm.identity(config.name());
      Files.write(out, identity.toBytes(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      ObjectNode result =
          Output.object()
              .put("host", identity.name())
              .put("manufacturer", identity.manufacturer())
              .put("certificate", identity.ekCertificate().isPresent())
              .put("identity", out.toString());
      print(
          agent,
          result,
          "Send " + out + " and " + config.evidence().eventLog() + " to the HGS administrator.");
    } catch (TpmException problem) {
      throw new Failure(
          "the TPM at " + config.tpm() + " does not serve: " + problem.getMessage(),
          "",
          Failure.ENVIRONMENT);
    } catch (FileAlreadyExistsException exists) {
      throw new Failure(out + " exists and is not overwritten", "", Failure.ENVIRONMENT);
    } catch (IOException problem) {
      throw new Failure(
          "the TPM or the file cannot be used: " + problem.getMessage(),
          "is " + config.tpm() + " there, and may you use it?",
          Failure.ENVIRONMENT);
    }
  }

  @Command(
      name = "serve",
      description = {
        "Run the agent and its enclave until stopped.",
        "The enclave is tied to this boot: a new one needs a reboot."
      },
      mixinStandardHelpOptions = true)
  void serve(@Mixin AgentOptions agent) {
    HostConfig config = agent.config();
    CountDownLatch stopping = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    try (HostAgent running = HostAgent.start(config)) {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(() -> {
                stopping.countDown();
                awaitQuietly(stopped);
              }));
      PrintWriter out = spec.commandLine().getOut();
      ObjectNode ready =
          Output.object().put("ready", true).put("socket", config.agentSocket().toString());
      out.println(agent.json() ? Output.line(ready) : "serving at " + config.agentSocket());
      out.flush();
      while (!stopping.await(WATCH_MILLIS, TimeUnit.MILLISECONDS)) {
        if (!running.isAlive()) {
          throw new Failure(
              "the enclave has ended; its VMs have ended with it",
              "reboot the host: a new enclave cannot follow in the same boot",
              Failure.ENVIRONMENT);
        }
      }
    } catch (AgentException problem) {
      throw AgentOptions.failure(problem);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      stopped.countDown();
    }
  }

  @Command(
      name = "attest",
      description = "Ask the HGS for a verdict now, and show every finding.",
      mixinStandardHelpOptions = true)
  int attest(@Mixin AgentOptions agent) {
    return agent.ask(
        new AgentRequest.Attest(),
        spec.commandLine().getOut(),
        (result, out) -> {
          out.println("healthy: " + result.path("host").asString());
          out.println("  mode      " + result.path("claims").path("mode").asString());
          out.println("  until     " + result.path("expires").asString());
          out.println("  policy    " + policy(result.path("claims").path("policy")));
          out.println("  baselines " + result.path("claims").path("baselines"));
          result
              .path("claims")
              .path("exceptions")
              .forEach(each ->
                  out.println(
                      "  excepted  from "
                          + each.path("check").asString()
                          + " until "
                          + each.path("until").asString()));
        });
  }

  private static String policy(JsonNode policy) {
    return policy.path("name").asString() + ", version " + policy.path("version").asInt();
  }

  @Command(
      name = "status",
      description = "Show this host's health, its enclave and how that is confined.",
      mixinStandardHelpOptions = true)
  int status(
      @Mixin AgentOptions agent,
      @Option(
              names = "--hardening",
              description =
                  "Each protection of enclave, workers and kernel: on or off, and why. With --json"
                      + " it is there in any case, under enclave.protections.")
          boolean hardening) {
    return agent.ask(
        new AgentRequest.Status(),
        spec.commandLine().getOut(),
        hardening ? StatusOutput::hardening : StatusOutput::status);
  }

  private void print(AgentOptions agent, ObjectNode result, String next) {
    PrintWriter out = spec.commandLine().getOut();
    if (agent.json()) {
      out.println(Output.indented(result));
    } else {
      result
          .properties()
          .forEach(entry -> out.printf("%-12s %s%n", entry.getKey(), entry.getValue().asString()));
      out.println(next);
    }
    out.flush();
  }

  static TpmAddress address(String text) {
    try {
      return TpmAddress.parse(text);
    } catch (IllegalArgumentException wrong) {
      throw new Failure(String.valueOf(wrong.getMessage()), "", Failure.MALFORMED);
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException unknown) {
      throw new Failure("this machine has no host name", "use --name", Failure.ENVIRONMENT);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      if (!latch.await(2, TimeUnit.MINUTES)) {
        System.err.println("error: the VMs did not stop in two minutes");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
