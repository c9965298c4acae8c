package org.shieldwall.cli.hgs;

import java.util.List;
import java.util.Locale;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.admin.Administration;
import org.shieldwall.hgs.endorsement.Endorsements;
import org.shieldwall.hgs.store.RegisteredHost;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs host add | list | remove}. */
@Command(
    name = "host",
    description = "Say which hosts may attest.",
    mixinStandardHelpOptions = true,
    subcommands = {HostAddCommand.class, HostShowCommand.class, HostRevokeAkCommand.class})
final class HostCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(name = "list", description = "List the hosts.", mixinStandardHelpOptions = true)
  void list(@Mixin HgsOptions options) {
    List<RegisteredHost> hosts = options.administer(Administration::hosts);
    ArrayNode array = Output.object().putArray("hosts");
    for (RegisteredHost host : hosts) {
      array
          .addObject()
          .put("name", host.name())
          .put("state", state(host))
          .put("ek", host.ek())
          .put("tpm", Endorsements.tpm(host).orElse(""))
          .put("added", host.added().toString())
          .put("changed", host.changed().toString());
    }
    ObjectNode node = Output.object();
    node.set("hosts", array);
    options.print(
        node,
        () -> {
          if (hosts.isEmpty()) {
            options.out().println("No host is registered. Next: shieldwall hgs host add FILE");
          }
          hosts.forEach(host ->
              options
                  .out()
                  .printf(
                      "%-32s %-10s sha256:%s…  %s%n",
                      host.name(),
                      state(host),
                      host.ek().substring(0, 16),
                      Endorsements.tpm(host).orElse("")));
        });
  }

  private static String state(RegisteredHost host) {
    return host.state().name().toLowerCase(Locale.ROOT);
  }

  @Command(
      name = "remove",
      description = {
        "Remove a host: it attests no more, and its certificates release no keys from now on.",
        "Its name stays bound to its TPM; add it again by the same identity."
      },
      mixinStandardHelpOptions = true)
  void remove(
      @Parameters(paramLabel = "NAME", description = "The host's name.") String name,
      @Option(names = "--yes", description = "Do not ask.") boolean yes,
      @Mixin HgsOptions options) {
    if (!yes) {
      HgsOptions.requireYes(
          "Remove host " + name + "? It can start no shielded VM from then on.", "use --yes");
    }
    if (!options.administer(admin -> admin.removeHost(name))) {
      throw new Failure(
          "no host " + name + " is registered", "shieldwall hgs host list", Failure.REFUSED);
    }
    options.print(
        Output.object().put("name", name).put("removed", true),
        () -> options.out().println("Host " + name + " is removed"));
  }
}
