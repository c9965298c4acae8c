package org.shieldwall.cli.demo;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code shieldwall demo}. */
@Command(
    name = "demo",
    description = {
      "Run the whole product on this machine: see a shielded VM start, and refused where it should.",
      "There is a Host Guardian Service, a guarded host, an owner, and a VM that is real.",
      "Takes under three minutes; the first run also downloads and builds a template."
    },
    mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
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
              + " next reboot. Where it cannot be used, and by default: an swtpm into which a"
              + " recorded OVMF boot is played.")
  private @Nullable String tpm;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    long started = System.nanoTime();
    HostsTpm chosen = HostsTpm.choose(Optional.ofNullable(tpm));
    Path template = TemplateBuild.ensure(home());
    Path work = workDirectory();
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try (Demo demo = new Demo(work, template, chosen)) {
      Performance performance =
          new Performance(
              chosen.inWords(),
              demo.steps(),
              keep ? "look at " + work : "run it again with --keep and look at the logs");
      return json
          ? performance.forMachines(out, started)
          : performance.forPeople(out, err, started);
    } finally {
      if (keep) {
        err.println("kept: " + work);
        err.flush();
      } else {
        Trees.delete(work);
      }
    }
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
