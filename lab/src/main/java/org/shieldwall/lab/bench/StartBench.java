package org.shieldwall.lab.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.demo.TemplateBuild;
import org.shieldwall.cli.demo.Trees;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./bench start}. */
@Command(
    name = "bench start",
    description =
        "Measures what protection costs a VM: its start, its memory, the enclave's start.",
    mixinStandardHelpOptions = true)
final class StartBench implements Callable<Integer> {
  private static final int LIMIT_MISSED = 1;
  private static final int ENVIRONMENT = 3;

  @Option(names = "--json", description = "Print one JSON object, for machines.")
  private boolean json;

  @Option(names = "--quick", description = "Fewer runs: figures to look at, not to quote.")
  private boolean quick;

  @Option(
      names = "--pairs",
      paramLabel = "N",
      description = "How often a guest is started both ways. Default: 5, or 2 if quick.")
  private int pairs = -1;

  @Option(
      names = "--vms",
      paramLabel = "N",
      description = "How many VMs run on one host at a time. Default: 50, or 6 if quick.")
  private int vms = -1;

  @Option(
      names = "--only",
      paramLabel = "PART",
      description = "Only this part: ${COMPLETION-CANDIDATES}.")
  private @Nullable Part only;

  private enum Part {
    ENCLAVE,
    PACKET,
    MANY
  }

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new StartBench())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    PrintStream progress = System.err;
    if (!"root".equals(System.getProperty("user.name"))) {
      progress.println("error: a guest's TAP device and the enclave's own user need root");
      progress.println("hint:  run it as root");
      return ENVIRONMENT;
    }
    Path home = Path.of(System.getProperty("shieldwall.root", ".")).toAbsolutePath().normalize();
    Path template = TemplateBuild.ensure(home);
    Path work = workFolder();
    List<Figure> figures = new ArrayList<>();
    try (BenchStage stage = BenchStage.at(work, template)) {
      if (only == null || only == Part.ENCLAVE) {
        progress.println("the enclave's start ...");
        figures.addAll(EnclaveStart.measure(stage, quick ? 3 : 9));
      }
      if (only == null || only == Part.PACKET) {
        int times = pairs > 0 ? pairs : quick ? 2 : 5;
        figures.addAll(new FirstPacket(stage, progress).measure(times));
      }
      if (only == null || only == Part.MANY) {
        int count = vms > 0 ? vms : quick ? 6 : 50;
        figures.addAll(new ManyMachines(stage, progress).measure(count));
      }
    } finally {
      Trees.delete(work);
    }
    Report report = new Report(figures, quick, List.of());
    System.out.print(json ? report.json() : report.text());
    return figures.stream().allMatch(Figure::holds) ? 0 : LIMIT_MISSED;
  }

  private static Path workFolder() throws IOException {
    Path made = Files.createTempDirectory(Path.of("/var/tmp"), "shieldwall-bench-");
    // The enclave's own user must come through.
    return Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
