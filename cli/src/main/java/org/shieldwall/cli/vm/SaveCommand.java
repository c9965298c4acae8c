package org.shieldwall.cli.vm;

import java.util.concurrent.Callable;
import org.shieldwall.cli.host.AgentOptions;
import org.shieldwall.host.agent.AgentRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vm save}: the memory goes to the disk, sealed, and the VM ends. */
@Command(
    name = "save",
    description = {
      "Seal a running VM's memory, devices and TPM into its directory, and end it.",
      "It goes on from there, once, with: shieldwall vm restore NAME. Nothing of it is readable on the disk."
    },
    mixinStandardHelpOptions = true)
final class SaveCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private AgentOptions agent = new AgentOptions();

  @Parameters(paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Override
  public Integer call() {
    VmCommand.checkName(name);
    return agent.ask(
        new AgentRequest.VmSave(name),
        spec.commandLine().getOut(),
        (vm, out) ->
            out.printf(
                "%s saved: %,d bytes in %.1f s%n",
                name, vm.path("bytes").asLong(), vm.path("seconds").asDouble()));
  }
}
