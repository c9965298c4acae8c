package org.shieldwall.cli.hgs;

import java.util.List;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.admin.ModeAdministration.ModeState;
import org.shieldwall.protocol.AttestationMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs mode list | enable | disable}. */
@Command(
    name = "mode",
    description = "Say how hosts may prove themselves.",
    mixinStandardHelpOptions = true)
final class ModeCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "list",
      description = "List the modes, the strongest first, and which are on.",
      mixinStandardHelpOptions = true)
  void list(@Mixin HgsOptions options) {
    List<ModeState> states = options.administer(admin -> admin.modes().list());
    ObjectNode node = Output.object();
    ArrayNode array = node.putArray("modes");
    for (ModeState state : states) {
      array
          .addObject()
          .put("mode", state.mode().id())
          .put("enabled", state.since().isPresent())
          .put("proves", proves(state.mode()));
    }
    options.print(
        node,
        () ->
            states.forEach(state ->
                options
                    .out()
                    .printf(
                        "%-10s %-4s %s%n",
                        state.mode().id(),
                        state.since().isPresent() ? "on" : "off",
                        proves(state.mode()))));
  }

  private static String proves(AttestationMode mode) {
    return switch (mode) {
      case TPM -> "what the host booted, by its TPM";
      case HOST_KEY -> "who the host is, by a key; nothing of what it runs";
      case DIRECTORY ->
          "who the host is, by the directory's word; nothing of what it runs, and the directory's"
              + " administrators decide";
    };
  }

  @Command(
      name = "enable",
      description = {
        "Let hosts attest in a mode. Recorded in the audit log.",
        "Certificates say how they were earned, and an owner's policy decides what is enough:",
        "VMs that ask for tpm, as they do by default, start on no host of a weaker mode."
      },
      mixinStandardHelpOptions = true)
  void enable(
      @Parameters(paramLabel = "MODE", description = "tpm, host-key or directory.") String name,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Mixin HgsOptions options) {
    AttestationMode mode = mode(name);
    if (!yes) {
      HgsOptions.requireYes(
          "Let hosts attest in mode " + mode.id() + "? It proves " + proves(mode) + ".",
          "use --yes");
    }
    boolean changed = options.administer(admin -> admin.modes().enable(mode));
    options.print(
        Output.object().put("mode", mode.id()).put("enabled", true).put("changed", changed),
        () -> {
          options.out().println("Mode " + mode.id() + (changed ? " is on" : " was on already"));
          options.out().println(next(mode));
        });
  }

  private static String next(AttestationMode mode) {
    return switch (mode) {
      case TPM -> "Next: shieldwall hgs host add FILE";
      case HOST_KEY -> "Next: shieldwall hgs host add --key FILE --name NAME";
      case DIRECTORY ->
          "Next: [directory] in hgs.toml, then shieldwall hgs group add SID --name NAME";
    };
  }

  @Command(
      name = "disable",
      description = {
        "Let no host attest in a mode any more, from now on. Recorded in the audit log.",
        "Certificates earned in it release no more keys; switched on again, hosts attest anew."
      },
      mixinStandardHelpOptions = true)
  void disable(
      @Parameters(paramLabel = "MODE", description = "tpm, host-key or directory.") String name,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Mixin HgsOptions options) {
    AttestationMode mode = mode(name);
    if (!yes) {
      HgsOptions.requireYes(
          "Switch mode " + mode.id() + " off? Its hosts can start no shielded VM from then on.",
          "use --yes");
    }
    boolean changed = options.administer(admin -> admin.modes().disable(mode));
    options.print(
        Output.object().put("mode", mode.id()).put("enabled", false).put("changed", changed),
        () ->
            options
                .out()
                .println("Mode " + mode.id() + (changed ? " is off" : " was off already")));
  }

  private static AttestationMode mode(String name) {
    return AttestationMode.ofId(name)
        .orElseThrow(() ->
            new Failure(
                "there is no mode " + name, "tpm, host-key or directory", Failure.MALFORMED));
  }
}
