package org.shieldwall.cli.vm;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.host.AgentOptions;
import org.shieldwall.host.agent.AgentRequest;
import org.shieldwall.host.migrate.PeerAddress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code vm migrate}: a running VM goes on on another host. */
@Command(
    name = "migrate",
    description = {
      "Move a running VM to another host that shares the folder it lies in; its guest runs on.",
      "The other host earns the key itself, and nothing that passes between them can be read."
    },
    mixinStandardHelpOptions = true)
final class MigrateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private AgentOptions agent = new AgentOptions();

  @Parameters(index = "0", paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "HOST:PORT",
      description = "Where the other host's agent takes VMs: migration in its host.toml.")
  private @Nullable String to;

  @Option(names = "--cancel", description = "Give a migration up that is under way.")
  private boolean cancel;

  @Override
  public Integer call() {
    VmCommand.checkName(name);
    VmCommand.check(cancel == (to == null), "HOST:PORT and --cancel together, or neither", "one");
    if (to == null) {
      return agent.ask(
          new AgentRequest.VmMigrateCancel(name),
          spec.commandLine().getOut(),
          (vm, out) -> out.println(name + " stays on this host"));
    }
    PeerAddress address =
        PeerAddress.parse(to)
            .orElseThrow(() ->
                new Failure(to + " is no host", "use " + PeerAddress.SHAPE, Failure.MALFORMED));
    return agent.ask(
        new AgentRequest.VmMigrate(name, address),
        spec.commandLine().getOut(),
        MigrateCommand::moved);
  }

  private static void moved(JsonNode vm, PrintWriter out) {
    out.printf(
        "%s runs at %s: %,d bytes in %.1f s, halted for %.0f ms%n",
        vm.path("name").asString(),
        vm.path("to").asString(),
        vm.path("bytes").asLong(),
        vm.path("seconds").asDouble(),
        vm.path("downtime").asDouble() * 1000);
    if (!vm.path("running").asBoolean()) {
      out.println("That host has not said yet that it runs: look there with shieldwall vm list");
    }
  }
}
