package org.shieldwall.cli.demo;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code shieldwall demo}. */
@Command(
    name = "demo",
    description = {
      "Run the whole product on this machine: a Host Guardian Service, a guarded host, an owner,",
      "a shielded VM that starts, and the same VM refused everywhere it should be.",
      "Takes under three minutes; the first run also downloads and builds a template."
    },
    mixinStandardHelpOptions = true)
public final class DemoCommand implements Runnable {
  @Option(names = "--json", description = "Print JSON: one object with all steps, at the end.")
  private boolean json;

  @Option(names = "--keep", description = "Keep everything that was made, and say where it is.")
  private boolean keep;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Work in this new directory instead of one under /var/tmp.")
  private @Nullable Path directory;

  @Option(
      names = "--tpm",
      paramLabel = "ADDRESS",
      description =
          "Use this machine's own TPM, device:/dev/tpmrm0, and its own boot. Takes PCR 15 until the"
              + " next reboot. Default: an swtpm into which a recorded OVMF boot is played.")
  private @Nullable String tpm;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    long started = System.nanoTime();
    PrintWriter out = spec.commandLine().getOut();
    Path template = TemplateBuild.ensure(home());
    Path work = workDirectory();
    List<StepResult> results = new ArrayList<>();
    try (Demo demo = new Demo(work, template, Optional.ofNullable(tpm))) {
      if (!json) {
        out.println("The host is " + demo.hostInWords() + ".");
        out.flush();
      }
      for (Demo.Step step : demo.steps()) {
        StepResult result = step.run();
        results.add(result);
        if (!json) {
          out.println(result.toLine());
          out.flush();
        }
        if (!result.asExpected() && step.othersNeedIt()) {
          break;
        }
      }
      boolean ok =
          results.size() == demo.steps().size()
              && results.stream().allMatch(StepResult::asExpected);
      report(out, demo, results, ok, (System.nanoTime() - started) / 1e9);
      if (!ok) {
        throw new Failure(
            "the demonstration did not go as it should",
            keep ? "look at " + work : "run it again with --keep and look at the logs",
            Failure.REFUSED);
      }
    } finally {
      if (keep) {
        spec.commandLine().getErr().println("kept: " + work);
        spec.commandLine().getErr().flush();
      } else {
        Trees.delete(work);
      }
    }
  }

  private void report(
      PrintWriter out, Demo demo, List<StepResult> results, boolean ok, double seconds) {
    if (!json) {
      out.printf(
          Locale.ROOT,
          "%s in %.0f s%n",
          ok ? "All as it should be," : "Not as it should be,",
          seconds);
      out.flush();
      return;
    }
    ObjectNode node = Output.object().put("ok", ok).put("host", demo.hostInWords());
    node.put("seconds", Math.round(seconds * 10) / 10.0);
    ArrayNode steps = node.putArray("steps");
    results.forEach(result -> steps.add(result.toJson()));
    out.println(Output.indented(node));
    out.flush();
  }

  private Path workDirectory() {
    try {
      Path made =
          directory == null
              ? Files.createTempDirectory(Path.of("/var/tmp"), "shieldwall-demo-")
              : Files.createDirectory(directory.toAbsolutePath());
      // The enclave's own user must come through; what is secret inside has its own permissions.
      return Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
    } catch (IOException problem) {
      throw new Failure(
          "no directory to work in: " + problem.getMessage(),
          "name a new one with --dir",
          Failure.ENVIRONMENT);
    }
  }

  private static Path home() {
    return Path.of(System.getProperty("shieldwall.home", ".")).toAbsolutePath();
  }
}
