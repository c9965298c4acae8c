package org.shieldwall.cli.host;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.cli.Progress;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.agent.AgentClient;
import org.shieldwall.host.agent.AgentReply;
import org.shieldwall.host.agent.AgentRequest;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The options of every command that speaks with the agent, and the speaking itself. */
public final class AgentOptions {
  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "The host's directory. Default: /var/lib/shieldwall/host as root.")
  private @Nullable Path directory;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  /** {@return the host's directory} */
  public Path directory() {
    return (directory == null ? HostConfig.defaultDirectory() : directory).toAbsolutePath();
  }

  /** {@return whether JSON is wanted} */
  public boolean json() {
    return json;
  }

  /** {@return the configuration} */
  public HostConfig config() {
    try {
      return HostConfig.read(directory());
    } catch (AgentException problem) {
      throw failure(problem);
    }
  }

  /** How a result is shown to people. */
  public interface Shown {
    /** Prints it. */
    void print(JsonNode result, PrintWriter out);
  }

  /**
   * Asks the agent and prints the answer; a refusal prints every finding.
   *
   * @return the exit code
   */
  public int ask(AgentRequest request, PrintWriter out, Shown shown) {
    return ask(request, List.of(), out, shown);
  }

  /**
   * The same with descriptors, which stay the caller's.
   *
   * @return the exit code
   */
  public int ask(AgentRequest request, List<Descriptor> descriptors, PrintWriter out, Shown shown) {
    AgentReply reply;
    try (Progress progress = Progress.onTerminal()) {
      reply =
          new AgentClient(config().agentSocket())
              .ask(
                  request,
                  descriptors,
                  work -> progress.report(work.stage(), work.done(), work.total()));
    } catch (AgentException problem) {
      throw failure(problem);
    }
    return switch (reply) {
      case AgentReply.Done done -> {
        if (json) {
          out.println(Output.indented(done.result()));
        } else {
          shown.print(done.result(), out);
        }
        out.flush();
        yield 0;
      }
      case AgentReply.Failed failed -> refused(failed, out);
      case AgentReply.Working ignored -> throw new IllegalStateException("progress is no answer");
    };
  }

  private int refused(AgentReply.Failed failed, PrintWriter out) {
    if (failed.findings().isEmpty()) {
      throw new Failure(
          failed.code() + ": " + failed.what(), failed.remedy(), exitCode(failed.kind()));
    }
    if (json) {
      ObjectNode node = Output.object().put("verdict", "refused").put("what", failed.what());
      ArrayNode findings = node.putArray("findings");
      failed.findings().forEach(findings::add);
      out.println(Output.indented(node));
    } else {
      out.println("refused: " + failed.what());
      failed.findings().forEach(finding -> print(finding, out));
    }
    out.flush();
    return Failure.REFUSED;
  }

  private static void print(JsonNode finding, PrintWriter out) {
    out.println();
    out.println("  " + finding.path("code").asString() + ": " + text(finding, "title"));
    for (String part : new String[] {"expected", "found", "why"}) {
      if (!text(finding, part).isEmpty()) {
        out.printf("    %-9s %s%n", part, text(finding, part));
      }
    }
    if (!text(finding, "remedy").isEmpty()) {
      out.println("    mend it   " + text(finding, "remedy"));
    }
  }

  private static String text(JsonNode node, String name) {
    return node.path(name).isString() ? node.path(name).asString() : "";
  }

  /** {@return the failure that the agent's problem is on the command line} */
  public static Failure failure(AgentException problem) {
    return new Failure(
        problem.code() + ": " + problem.what(), problem.remedy(), exitCode(problem.kind()));
  }

  private static int exitCode(AgentException.Kind kind) {
    return switch (kind) {
      case REFUSED -> Failure.REFUSED;
      case MALFORMED -> Failure.MALFORMED;
      case UNAVAILABLE -> Failure.ENVIRONMENT;
    };
  }
}
