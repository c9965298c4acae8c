package org.shieldwall.cli.vm;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.shieldwall.cli.host.AgentOptions;
import org.shieldwall.host.agent.AgentRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vm export}: one VM in a folder of its own, to be taken elsewhere. */
@Command(
    name = "export",
    description = {
      "Copy a VM that does not run into a new folder, to be imported elsewhere.",
      "Its memory comes along if it was saved. The VM starts wherever a guardian of its grant lets it."
    },
    mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private AgentOptions agent = new AgentOptions();

  @Parameters(index = "0", paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Parameters(index = "1", paramLabel = "FOLDER", description = "A folder that is empty or new.")
  private Path place = Path.of("");

  @Override
  public Integer call() {
    VmCommand.checkName(name);
    return agent.ask(
        new AgentRequest.VmBackup(name, place.toAbsolutePath().normalize(), true, 0),
        spec.commandLine().getOut(),
        (made, out) ->
            out.printf(
                "%s exported to %s; there: shieldwall vm import %s --name %s%n",
                name, made.path("place").asString(), made.path("place").asString(), name));
  }
}
