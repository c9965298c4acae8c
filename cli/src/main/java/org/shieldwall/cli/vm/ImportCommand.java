package org.shieldwall.cli.vm;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.host.AgentOptions;
import org.shieldwall.host.agent.AgentRequest;
import org.shieldwall.host.vm.backup.BackupManifest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vm import}: a VM out of an export or a backup. */
@Command(
    name = "import",
    description = {
      "Make a VM of an export or a backup, each block held against its digest.",
      "If the VM has run since, it starts only by its owner's grant: owner grant restore."
    },
    mixinStandardHelpOptions = true)
final class ImportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private AgentOptions agent = new AgentOptions();

  @Parameters(paramLabel = "FOLDER", description = "The export, or the folder of backups.")
  private Path place = Path.of("");

  @Option(
      names = "--name",
      required = true,
      paramLabel = "NAME",
      description = "The VM's name on this host.")
  private String name = "";

  @Option(
      names = "--backup",
      paramLabel = "ID",
      description =
          "Which backup (vm backups lists them). Default: the newest, if all are of one VM.")
  private @Nullable String backup;

  @Override
  public Integer call() {
    VmCommand.checkName(name);
    VmCommand.check(
        backup == null || BackupManifest.isId(backup), "--backup", "an id of vm backups");
    return agent.ask(
        new AgentRequest.VmImport(
            name, place.toAbsolutePath().normalize(), Optional.ofNullable(backup)),
        spec.commandLine().getOut(),
        (vm, out) ->
            out.printf(
                "%s imported: %s, generation %d%n",
                name, vm.path("state").asString(), vm.path("generation").asLong()));
  }
}
