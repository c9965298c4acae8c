package org.shieldwall.lab.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new AttestBench()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    PrintStream progress = System.err;
    List<Figure> figures = new ArrayList<>();
    progress.println("in process ...");
    figures.addAll(InProcess.measure(quick));
    Report report = new Report(figures, quick);
    System.out.print(json ? report.json() : report.text());
    return figures.stream().allMatch(Figure::holds) ? 0 : LIMIT_MISSED;
  }
}
