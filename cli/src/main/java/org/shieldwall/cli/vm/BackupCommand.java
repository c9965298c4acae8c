package org.shieldwall.cli.vm;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.shieldwall.cli.host.AgentOptions;
import org.shieldwall.host.agent.AgentRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code vm backup}: what has changed since the last one is added to a folder of backups. */
@Command(
    name = "backup",
    description = {
      "Add a VM that does not run to a folder of backups; only what has changed takes room.",
      "Nothing in there is readable, and an old copy starts only by its owner's grant."
    },
    mixinStandardHelpOptions = true)
final class BackupCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private AgentOptions agent = new AgentOptions();

  @Parameters(index = "0", paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Parameters(index = "1", paramLabel = "FOLDER", description = "The folder of backups.")
  private Path place = Path.of("");

  @Option(
      names = "--keep",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Keep the newest N backups of this VM and remove older ones. Default: keep all.")
  private int keep;

  @Override
  public Integer call() {
    VmCommand.checkName(name);
    VmCommand.check(keep >= 0 && keep <= AgentRequest.MAX_KEEP, "--keep", "1 or more");
    return agent.ask(
        new AgentRequest.VmBackup(name, place.toAbsolutePath().normalize(), false, keep),
        spec.commandLine().getOut(),
        BackupCommand::made);
  }

  static void made(JsonNode backup, PrintWriter out) {
    out.printf(
        "%s backed up as %s: %,d bytes, of which %,d are new there%n",
        backup.path("name").asString(),
        backup.path("backup").asString(),
        backup.path("bytes").asLong(),
        backup.path("added").asLong());
    if (backup.path("removed").asInt() > 0) {
      out.println(backup.path("removed").asInt() + " older backups removed");
    }
  }
}
