package org.shieldwall.cli.host;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.attest.AttestationSetting;
import org.shieldwall.host.attest.hostkey.FileKey;
import org.shieldwall.host.attest.hostkey.HostKeyAttester;
import org.shieldwall.host.attest.hostkey.HostKeySigner;
import org.shieldwall.protocol.HostKeyDocument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code host key new | show}. */
@Command(
    name = "key",
    description = "The key by which this host attests in host-key mode.",
    mixinStandardHelpOptions = true)
final class KeyCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "new",
      description = {
        "Make the host key that host.toml names: in its file (mode 0600), or in the TPM.",
        "Writes the public key, which an HGS administrator registers."
      },
      mixinStandardHelpOptions = true)
  void create(
      @Mixin AgentOptions agent,
      @Option(
              names = "--out",
              paramLabel = "FILE",
              description = "Where to write the public key. Default: NAME.pub.pem here.")
          @Nullable Path out) {
    HostConfig config = agent.config();
    AttestationSetting.HostKey setting = setting(config);
    Path document = out == null ? Path.of(config.name() + ".pub.pem") : out;
    if (Files.exists(document)) {
      throw taken(document);
    }
    try (HostKeySigner key =
        setting.file().isPresent()
            ? FileKey.create(setting.file().get(), new SecureRandom())
            : HostKeyAttester.open(setting.file(), config.tpm())) {
      Files.write(
          document,
          HostKeyDocument.pem(key.publicKey()),
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.WRITE);
      print(agent, config, setting, key, Optional.of(document));
    } catch (AgentException problem) {
      throw AgentOptions.failure(problem);
    } catch (FileAlreadyExistsException exists) {
      throw taken(document);
    } catch (IOException problem) {
      throw new Failure(
          document + " cannot be written: " + problem.getClass().getSimpleName(),
          "",
          Failure.ENVIRONMENT);
    }
  }

  private static Failure taken(Path document) {
    return new Failure(
        document + " exists and is not overwritten",
        "name another with --out, or remove it",
        Failure.ENVIRONMENT);
  }

  @Command(
      name = "show",
      description = "Show the host key's digest, to compare with what is registered.",
      mixinStandardHelpOptions = true)
  void show(@Mixin AgentOptions agent) {
    HostConfig config = agent.config();
    AttestationSetting.HostKey setting = setting(config);
    try (HostKeySigner key = HostKeyAttester.open(setting.file(), config.tpm())) {
      print(agent, config, setting, key, Optional.empty());
    } catch (AgentException problem) {
      throw AgentOptions.failure(problem);
    }
  }

  private static AttestationSetting.HostKey setting(HostConfig config) {
    if (config.attestation() instanceof AttestationSetting.HostKey setting) {
      return setting;
    }
    throw new Failure(
        "this host attests in mode " + config.attestation().mode().id() + ", not by a key",
        "shieldwall host init --mode host-key, or [attestation] in host.toml",
        Failure.REFUSED);
  }

  private void print(
      AgentOptions agent,
      HostConfig config,
      AttestationSetting.HostKey setting,
      HostKeySigner key,
      Optional<Path> document) {
    String where = setting.file().map(Path::toString).orElse("TPM " + config.tpm());
    ObjectNode node =
        Output.object()
            .put("host", config.name())
            .put("key", key.id().hex())
            .put("kind", key.publicKey().getAlgorithm())
            .put("in", where);
    document.ifPresent(file -> node.put("document", file.toString()));
    PrintWriter out = spec.commandLine().getOut();
    if (agent.json()) {
      out.println(Output.indented(node));
    } else {
      out.println("Host key of " + config.name());
      out.println("  digest    sha256:" + key.id().hex());
      out.println("  kept in   " + where);
      document.ifPresent(file -> {
        out.println("  public    " + file);
        out.println();
        out.println("The HGS administrator registers it, and compares the digest with you:");
        out.println("  shieldwall hgs host add --key " + file + " --name " + config.name());
      });
    }
    out.flush();
  }
}
