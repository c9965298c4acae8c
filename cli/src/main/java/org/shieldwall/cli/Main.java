package org.shieldwall.cli;

import java.io.PrintWriter;
import java.util.List;
import org.shieldwall.cli.demo.DemoCommand;
import org.shieldwall.cli.evidence.EvidenceCommand;
import org.shieldwall.cli.hgs.HgsCommand;
import org.shieldwall.cli.host.HostCommand;
import org.shieldwall.cli.owner.OwnerCommand;
import org.shieldwall.cli.vm.VmCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/**
 * The {@code shieldwall} command. What every command keeps to:
 *
 * <ul>
 *   <li>results go to standard output, progress and errors to standard error;
 *   <li>{@code --json} gives one JSON object on standard output, errors included;
 *   <li>exit code 0 is yes or done, 1 a refusal, 2 malformed input or usage, 3 something the
 *       machine lacks;
 *   <li>an error is {@code error: what happened} and {@code hint: what mends it}, never a stack
 *       trace;
 *   <li>no secret is ever an argument or an environment variable.
 * </ul>
 */
@Command(
    name = "shieldwall",
    description = "Shielded virtual machines for KVM.",
    mixinStandardHelpOptions = true,
    version = "shieldwall 0.1.0",
    synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {
  private static final List<Class<?>> GROUPS =
      List.of(
          HgsCommand.class,
          OwnerCommand.class,
          HostCommand.class,
          VmCommand.class,
          EvidenceCommand.class,
          DemoCommand.class);

  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(execute(arguments));
  }

  /** {@return the exit code of one command run in this process} */
  public static int execute(String... arguments) {
    return commandLine(List.of(arguments)).execute(arguments);
  }

  /**
   * Runs one command in this process, its results to {@code out}, its errors to {@code err}.
   *
   * @return its exit code
   */
  public static int execute(PrintWriter out, PrintWriter err, List<String> arguments) {
    CommandLine line = commandLine(arguments);
    line.setOut(out);
    line.setErr(err);
    return line.execute(arguments.toArray(String[]::new));
  }

  /** {@return the command with all that is below it} */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    CommandTree.addAll(line, GROUPS);
    return withHandlers(line);
  }

  /** {@return the command with what these words need} */
  static CommandLine commandLine(List<String> arguments) {
    CommandLine line = new CommandLine(new Main());
    CommandTree.add(line, GROUPS, arguments);
    return withHandlers(line);
  }

  private static CommandLine withHandlers(CommandLine line) {
    line.setExecutionExceptionHandler(Main::report);
    line.setParameterExceptionHandler(Main::usage);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(true);
    return line;
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  private static int usage(CommandLine.ParameterException problem, String[] arguments) {
    PrintWriter err = problem.getCommandLine().getErr();
    err.println("error: " + problem.getMessage());
    err.println("hint:  " + problem.getCommandLine().getCommandSpec().qualifiedName() + " --help");
    err.flush();
    return Failure.MALFORMED;
  }

  private static int report(Exception problem, CommandLine line, ParseResult parsed) {
    Failure failure =
        problem instanceof Failure known
            ? known
            : new Failure(
                "unexpected " + problem.getClass().getSimpleName() + ": " + problem.getMessage(),
                "run it again with SHIELDWALL_TRACE=1 to see where, and report it as SECURITY.md"
                    + " says",
                Failure.ENVIRONMENT);
    if (!(problem instanceof Failure) && "1".equals(System.getenv("SHIELDWALL_TRACE"))) {
      problem.printStackTrace(line.getErr());
    }
    if (wantsJson(parsed)) {
      ObjectNode error = Output.object();
      ObjectNode said =
          error
              .putObject("error")
              .put("message", failure.what())
              .put("hint", failure.hint())
              .put("exitCode", failure.exitCode());
      failure.offset().ifPresent(offset -> said.put("offset", offset));
      line.getOut().println(Output.indented(error));
      line.getOut().flush();
    } else {
      line.getErr().println("error: " + failure.what());
      if (!failure.hint().isEmpty()) {
        line.getErr().println("hint:  " + failure.hint());
      }
      line.getErr().flush();
    }
    return failure.exitCode();
  }

  private static boolean wantsJson(ParseResult parsed) {
    ParseResult deepest = parsed;
    while (deepest.hasSubcommand()) {
      deepest = deepest.subcommand();
    }
    return deepest.hasMatchedOption("--json");
  }
}
