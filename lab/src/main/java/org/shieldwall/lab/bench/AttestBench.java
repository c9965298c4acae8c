package org.shieldwall.lab.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./bench attest}. */
@Command(
    name = "bench attest",
    description = "Measures attestation: in one process, and a whole service over HTTPS.",
    mixinStandardHelpOptions = true)
final class AttestBench implements Callable<Integer> {
  private static final int LIMIT_MISSED = 1;

  @Option(names = "--json", description = "Print one JSON object, for machines.")
  private boolean json;

  @Option(names = "--quick", description = "Shorter runs: figures to look at, not to quote.")
  private boolean quick;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      description =
          "Watch the service's memory under load for so long. Default: 10, or not at all if quick.")
  private int minutes = -1;

  @Option(
      names = "--hosts",
      paramLabel = "N",
      description = "How many hosts the large store has. Default: 100,000, or 10,000 if quick.")
  private int hosts = -1;

  @Option(
      names = "--only",
      paramLabel = "PART",
      description = "Only this part: ${COMPLETION-CANDIDATES}.")
  private @Nullable Part only;

  private enum Part {
    PROCESS,
    HTTPS
  }

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new AttestBench())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    PrintStream progress = System.err;
    List<Figure> figures = new ArrayList<>();
    if (only != Part.HTTPS) {
      progress.println("in process ...");
      figures.addAll(InProcess.measure(quick));
    }
    if (only != Part.PROCESS) {
      int registered = hosts >= 0 ? hosts : quick ? 10_000 : 100_000;
      int watched = minutes >= 0 ? minutes : quick ? 0 : 10;
      figures.addAll(new OverHttps(quick, registered, watched, progress).measure());
    }
    Report report = new Report(figures, quick, BenchEvidence.data());
    System.out.print(json ? report.json() : report.text());
    return figures.stream().allMatch(Figure::holds) ? 0 : LIMIT_MISSED;
  }
}
