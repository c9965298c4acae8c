package org.shieldwall.cli.owner;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.enclave.state.StateDigest;
import org.shieldwall.enclave.state.VmDirectory;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.RestoreGrant;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code owner grant restore}. */
@Command(
    name = "grant",
    description = "Allow what only the owner can.",
    mixinStandardHelpOptions = true)
final class GrantCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "restore",
      description = {
        "Let a VM start once from an older state, within seven days.",
        "What the VM did since then is undone: keys that were withdrawn in it count again."
      },
      mixinStandardHelpOptions = true)
  void restore(
      @Parameters(
              paramLabel = "DIR",
              description =
                  "A copy of the state folder of the backup: protector.json, uefi.vars, vtpm.")
          Path state,
      @Option(
              names = "--owner",
              required = true,
              paramLabel = "FILE",
              description = "Your private guardian file.")
          Path owner,
      @Mixin Unlocking unlocking,
      @Option(names = "--out", required = true, paramLabel = "FILE", description = "The grant.")
          Path out,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    VmDirectory.Generation generation = new VmDirectory.Generation(state);
    KeyProtector protector;
    Digest digest;
    try {
      protector =
          KeyProtector.parse(InputFile.read(generation.protector(), KeyProtector.MAX_BYTES));
      digest = StateDigest.of(generation);
    } catch (ProtectorException problem) {
      throw Documents.refused(generation.protector().toString(), problem);
    } catch (IOException problem) {
      throw new Failure(
          state + " is no whole state folder: " + Documents.reason(problem),
          "ask for protector.json, uefi.vars and vtpm of one backup",
          Failure.ENVIRONMENT);
    }
    SecureRandom random = new SecureRandom();
    GuardianKey key = unlocking.open(owner, random);
    try {
      RestoreGrant grant = RestoreGrant.sign(protector, digest, Instant.now(), key.keys(), random);
      Documents.writeNew(out, grant.toBytes());
      print(protector, grant, out, json);
    } catch (ProtectorException problem) {
      throw Documents.refused(state.toString(), problem);
    }
  }

  private void print(KeyProtector protector, RestoreGrant grant, Path out, boolean json) {
    PrintWriter to = spec.commandLine().getOut();
    String vm = protector.vm().map(Object::toString).orElse("-");
    if (json) {
      to.println(
          Output.indented(
              Output.object()
                  .put("vm", vm)
                  .put("generation", protector.generation())
                  .put("state", grant.state().text())
                  .put("expires", grant.expires().toString())
                  .put("grant", out.toString())));
    } else {
      to.println("VM " + vm + " may start once from generation " + protector.generation());
      to.println("  until  " + grant.expires());
      to.println(
          "Give " + out + " to the fabric administrator: shieldwall vm start NAME --owner-grant");
    }
    to.flush();
  }
}
