package org.shieldwall.lab.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Measures the verifier and its primitives by JMH, in processes of their own. */
final class InProcess {
  private static final String MILLISECONDS = "ms";
  private static final double MICROS = 1000;

  private final Map<String, Double> medians = new HashMap<>();

  private InProcess() {}

  /** {@return the figures} */
  static List<Figure> measure(boolean quick)
      throws RunnerException, IOException, InterruptedException {
    InProcess run = new InProcess();
    try (OneProcessor one = OneProcessor.hold()) {
      run.run(quick, ".*");
      return run.figures(one);
    }
  }

  /** {@return what the bare parts of one attestation over HTTPS take of a processor, in ms} */
  static double exchange(boolean quick) throws RunnerException, IOException, InterruptedException {
    InProcess run = new InProcess();
    try (OneProcessor _ = OneProcessor.hold()) {
      run.run(quick, "Primitives\\.exchange");
    }
    return run.of("Primitives.exchange");
  }

  private void run(boolean quick, String which) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(Pattern.quote(InProcess.class.getPackageName() + ".") + which)
            .forks(quick ? 1 : 2)
            .threads(1)
            .warmupIterations(quick ? 5 : 10)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(quick ? 2 : 5)
            .measurementTime(TimeValue.seconds(1))
            .jvmArgsAppend(
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "-Dshieldwall.root=" + System.getProperty("shieldwall.root", "."))
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    Collection<RunResult> results = new Runner(options.build()).run();
    for (RunResult result : results) {
      String method = result.getParams().getBenchmark();
      int dot = method.lastIndexOf('.');
      String name = method.substring(method.lastIndexOf('.', dot - 1) + 1);
      String entries = result.getParams().getParam("entries");
      medians.put(
          entries == null ? name : name + " " + entries,
          result.getPrimaryResult().getStatistics().getPercentile(50) / MICROS);
    }
  }

  private List<Figure> figures(OneProcessor one) {
    List<Figure> figures = new ArrayList<>();
    figures.add(
        Figure.atMost(
                "event log: parse, replay, facts", MILLISECONDS, of("Verification.eventLog"), 0.15)
            .beside(of("Primitives.eventLog"))
            .noting("all of these on processor %s alone".formatted(one.number())));
    figures.add(whole("full verification, 1,000 IMA entries", 1_000, 0.6));
    figures.add(whole("full verification, 20,000 IMA entries", 20_000, 8));
    figures.add(whole("re-attestation, 50 new IMA entries", 50, 0.3));
    return figures;
  }

  private Figure whole(String name, int entries, double limit) {
    double primitives =
        of("Primitives.eventLog")
            + of("Primitives.imaList " + entries)
            + of("Primitives.verifyRsa");
    return Figure.atMost(name, MILLISECONDS, of("Verification.whole " + entries), limit)
        .beside(primitives);
  }

  private double of(String benchmark) {
    Double median = medians.get(benchmark);
    if (median == null) {
      throw new IllegalStateException("not measured: " + benchmark + "; were " + medians.keySet());
    }
    return median;
  }
}
