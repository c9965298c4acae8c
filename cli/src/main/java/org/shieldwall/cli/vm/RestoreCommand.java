package org.shieldwall.cli.vm;

import java.util.Optional;
import java.util.concurrent.Callable;
import org.shieldwall.cli.host.AgentOptions;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.host.agent.AgentRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vm restore}: a saved VM goes on. */
@Command(
    name = "restore",
    description = {
      "Let a saved VM go on from its memory. That is spent by it: it cannot be gone on from twice.",
      "vm start does the same where there is saved memory; this refuses where there is none."
    },
    mixinStandardHelpOptions = true)
final class RestoreCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private AgentOptions agent = new AgentOptions();

  @Parameters(paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Override
  public Integer call() {
    VmCommand.checkName(name);
    return agent.ask(
        new AgentRequest.VmStart(name, Optional.empty(), Request.Saved.REQUIRE),
        spec.commandLine().getOut(),
        VmCommand::started);
  }
}
