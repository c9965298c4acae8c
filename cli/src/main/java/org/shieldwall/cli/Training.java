package org.shieldwall.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.shieldwall.cli.demo.Demo;
import org.shieldwall.cli.demo.Trees;
import picocli.CommandLine;

/**
 * Run once after a build to record the AOT cache, so that classes are loaded and linked before a
 * user waits for them: asks every command for its help, the way a person does, reads the log of a
 * recorded boot, and asks a service and an agent that are not there.
 *
 * <p>Not more, because every start pays for every class in the cache: with those of a service's
 * store in it, all commands start slower, that store's included.
 */
public final class Training {
  private Training() {}

  /** Visits every command, and runs some. */
  public static void main(String[] arguments) throws IOException {
    CommandLine whole = Main.commandLine();
    visit(whole);
    run("--help");
    whole.getSubcommands().keySet().forEach(group -> run(group, "--help"));
    Path folder = Files.createTempDirectory("shieldwall-training-");
    try {
      readALog(folder);
      run("hgs", "host", "list", "--dir", folder.toString());
      run("vm", "list", "--dir", folder.toString());
    } finally {
      Trees.delete(folder);
    }
  }

  private static void visit(CommandLine line) {
    line.setOut(nowhere());
    line.execute("--help");
    line.getSubcommands().values().forEach(Training::visit);
  }

  private static void readALog(Path folder) throws IOException {
    Path log = folder.resolve("boot.log");
    try (InputStream recorded = Demo.class.getResourceAsStream("host-boot-log.bin")) {
      if (recorded != null) {
        Files.copy(recorded, log);
      }
    }
    run("evidence", "eventlog", log.toString());
    run("evidence", "eventlog", log.toString(), "--json");
  }

  /** The exit code is no matter: what could not be done here is only slower to start. */
  private static void run(String... words) {
    int _ = Main.execute(nowhere(), nowhere(), List.of(words));
  }

  private static PrintWriter nowhere() {
    return new PrintWriter(Writer.nullWriter());
  }
}
