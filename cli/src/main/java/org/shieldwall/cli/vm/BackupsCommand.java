package org.shieldwall.cli.vm;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.host.vm.backup.BackupManifest;
import org.shieldwall.host.vm.backup.BackupPlace;
import org.shieldwall.protector.ProtectorException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code vm backups}: what a folder of backups holds. It needs no agent. */
@Command(
    name = "backups",
    description = "List what a folder of backups holds, oldest first.",
    mixinStandardHelpOptions = true)
final class BackupsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FOLDER", description = "The folder of backups.")
  private Path place = Path.of("");

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    List<BackupManifest> backups;
    try {
      backups = new BackupPlace(place).list();
    } catch (IOException problem) {
      throw new Failure(
          "file-not-usable: " + place + " cannot be read: " + problem.getMessage(),
          "check the folder and your rights",
          Failure.ENVIRONMENT);
    } catch (ProtectorException problem) {
      throw new Failure(
          problem.code().id() + ": " + place + ": " + problem.detail(),
          "get the folder again from where it was copied to",
          Failure.MALFORMED);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Output.indented(json(backups)));
    } else {
      out.printf("%-20s %-24s %10s %-6s %15s%n", "BACKUP", "VM", "GENERATION", "SAVED", "BYTES");
      for (BackupManifest each : backups) {
        out.printf(
            "%-20s %-24s %10d %-6s %,15d%n",
            each.id(), each.name(), each.generation(), each.saved() ? "yes" : "no", each.bytes());
      }
    }
    out.flush();
    return 0;
  }

  private static ObjectNode json(List<BackupManifest> backups) {
    ObjectNode json = Output.object();
    ArrayNode list = json.putArray("backups");
    for (BackupManifest each : backups) {
      list.addObject()
          .put("backup", each.id())
          .put("vm", each.vm().toString())
          .put("name", each.name())
          .put("generation", each.generation())
          .put("saved", each.saved())
          .put("created", each.created().toString())
          .put("bytes", each.bytes());
    }
    return json;
  }
}
