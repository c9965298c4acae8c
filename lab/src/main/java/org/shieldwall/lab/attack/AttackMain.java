package org.shieldwall.lab.attack;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.demo.TemplateBuild;
import org.shieldwall.cli.demo.Trees;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./attack}. */
@Command(
    name = "attack",
    description = {
      "Attack a running service, host, enclave and VM as their administrators could.",
      "Exit code 1 if an attack gets what it is after, or could not be played as it should be."
    },
    mixinStandardHelpOptions = true)
public final class AttackMain implements Runnable {
  private static final int SUCCEEDED = 1;
  private static final int ENVIRONMENT = 3;

  @Option(names = "--json", description = "Print JSON: one object with every attack, at the end.")
  private boolean json;

  @Option(
      names = "--quick",
      description = "Only the attacks that need no guest's whole boot: a minute and a half.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "PATTERN",
      description = "Only the attacks whose name holds this regular expression.")
  private @Nullable String only;

  @Option(names = "--keep", description = "Keep everything that was made, and say where it is.")
  private boolean keep;

  @Option(
      names = "--kills",
      paramLabel = "N",
      description =
          "Instead: kill -9 of agent, enclave, vTPM, worker or service while a VM is made, started,"
              + " runs or is stopped, N times; each time the VM must serve its secret again.")
  private int kills;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Which parts and moments, to play them again. Default: new ones.")
  private long seed = System.nanoTime();

  private int exitCode;

  /** Runs the suite and ends the process. */
  public static void main(String[] arguments) {
    AttackMain suite = new AttackMain();
    int usage = new CommandLine(suite).execute(arguments);
    System.exit(usage == 0 ? suite.exitCode : usage);
  }

  @Override
  public void run() {
    if (!"root".equals(System.getProperty("user.name"))) {
      System.err.println("error: most attackers here are root");
      System.err.println("hint:  run it as root, on a machine that may be attacked");
      exitCode = ENVIRONMENT;
      return;
    }
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    Path home = Path.of(System.getProperty("shieldwall.home", ".")).toAbsolutePath();
    Path work = workFolder();
    Report report = new Report(json ? null : out);
    try (Stage stage = Stage.at(work, TemplateBuild.ensure(home))) {
      if (kills > 0) {
        exitCode = kill(stage, out);
        return;
      }
      new Suite(stage, quick, only == null ? "" : only).play(report);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      exitCode = SUCCEEDED;
      return;
    } catch (Exception broken) {
      System.err.println("error: the stage broke: " + broken);
      System.err.println("hint:  run it again with --keep, and see its folder");
      exitCode = SUCCEEDED;
      return;
    } finally {
      if (keep) {
        System.err.println("kept: " + work);
      } else {
        Trees.delete(work);
      }
    }
    report.end(out, json);
    exitCode = report.good() ? 0 : SUCCEEDED;
  }

  private int kill(Stage stage, PrintWriter out) {
    out.println("seed " + seed);
    try {
      int bad = new RandomKills(stage, seed, out).play(kills);
      out.println(kills + " kills, " + bad + " of them not survived");
      return bad == 0 ? 0 : SUCCEEDED;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return SUCCEEDED;
    } catch (Exception broken) {
      out.println("ended by " + broken.getClass().getSimpleName() + ": " + broken.getMessage());
      return SUCCEEDED;
    }
  }

  private static Path workFolder() {
    try {
      Path made = Files.createTempDirectory(Path.of("/var/tmp"), "shieldwall-attack-");
      // The enclave's own user must come through.
      return Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
    } catch (IOException problem) {
      throw new IllegalStateException("no directory to work in: " + problem.getMessage(), problem);
    }
  }
}
