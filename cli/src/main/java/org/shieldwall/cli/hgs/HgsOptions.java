package org.shieldwall.cli.hgs;

import java.io.Console;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.HgsFolder;
import org.shieldwall.hgs.admin.Administration;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.StoreUnavailableException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** What every command of the group takes: which service, and for whom the answer is. */
final class HgsOptions {
  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "The service's folder. Default: /var/lib/shieldwall/hgs as root,"
              + " ~/.local/share/shieldwall/hgs otherwise.")
  private @Nullable Path directory;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  HgsFolder folder() {
    return new HgsFolder(directory == null ? HgsFolder.defaultPath() : directory);
  }

  boolean json() {
    return json;
  }

  PrintWriter out() {
    return command.commandLine().getOut();
  }

  /** Prints {@code node} for machines, or runs {@code text} for people. */
  void print(JsonNode node, Runnable text) {
    if (json) {
      out().println(Output.indented(node));
    } else {
      text.run();
    }
    out().flush();
  }

  /** What a command does with the service's data. */
  interface Work<T> {
    T with(Administration administration) throws HgsException;
  }

  /** Works on the service's data, whether or not the service runs. */
  <T> T administer(Work<T> work) {
    HgsFolder folder = folder();
    try {
      folder.readConfiguration();
    } catch (HgsException problem) {
      throw environment(problem);
    }
    try (Database database = open(folder)) {
      return work.with(new Administration(database, InstantSource.system()));
    } catch (HgsException refused) {
      throw new Failure(refused.what(), refused.hint(), Failure.REFUSED);
    } catch (StoreUnavailableException problem) {
      throw new Failure(
          String.valueOf(problem.getMessage()),
          "check the disk and its space",
          Failure.ENVIRONMENT);
    }
  }

  private static Database open(HgsFolder folder) {
    try {
      return folder.openDatabase();
    } catch (HgsException problem) {
      throw environment(problem);
    }
  }

  static Failure environment(HgsException problem) {
    return new Failure(problem.what(), problem.hint(), Failure.ENVIRONMENT);
  }

  /** Asks on the terminal; only a plain yes is one. */
  static void requireYes(String question, String mend) {
    Console console =
        Optional.ofNullable(System.console())
            .filter(Console::isTerminal)
            .orElseThrow(() -> new Failure("nobody is here to say yes", mend, Failure.ENVIRONMENT));
    String answer = console.readLine("%s [y/N] ", question);
    if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).matches("y|yes")) {
      throw new Failure("nothing was changed", "", Failure.REFUSED);
    }
  }
}
