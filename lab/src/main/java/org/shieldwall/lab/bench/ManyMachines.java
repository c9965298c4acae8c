package org.shieldwall.lab.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** Many small VMs on one host: whether they all run, and what each adds to the enclave's memory. */
final class ManyMachines {
  /** The least that a VM can have, so that 50 of them fit into 24 GiB under QEMU's translator. */
  private static final int MEMORY = 128;

  private static final double LIMIT_MEBIBYTES = 8;
  private static final Duration SETTLE = Duration.ofSeconds(4);

  private final BenchStage stage;
  private final PrintStream progress;

  ManyMachines(BenchStage stage, PrintStream progress) {
    this.stage = stage;
    this.progress = progress;
  }

  List<Figure> measure(int count) throws Exception {
    List<Double> memory = new ArrayList<>();
    memory.add(mebibytes(stage.enclave().pid()));
    for (int i = 1; i <= count; i++) {
      stage.make(name(i), MEMORY);
      stage.start(name(i));
      // What a start leaves on the heap is collected soon after it.
      TimeUnit.MILLISECONDS.sleep(SETTLE.toMillis());
      memory.add(mebibytes(stage.enclave().pid()));
      progress.printf(Locale.ROOT, "%d VMs: the enclave has %.1f MiB%n", i, memory.getLast());
    }
    int running = running();
    double cpu = cpuOf(stage.enclave().pid());
    for (int i = 1; i <= count; i++) {
      stage.demo().host.run("vm", "stop", name(i), "--force");
    }
    return List.of(
        Figure.atLeast("VMs that run on one host", "VMs", running, count)
            .noting(MEMORY + " MiB each"),
        Figure.atMost("memory in the enclave for each VM", "MiB", slope(memory), LIMIT_MEBIBYTES)
            .noting(
                String.format(
                    Locale.ROOT,
                    "least squares over %d VMs; %.0f MiB without any, %.0f MiB with all",
                    count,
                    memory.getFirst(),
                    memory.getLast())),
        Figure.plain("processor time of the enclave, with all of them", "% of one", cpu * 100));
  }

  private static String name(int number) {
    return "vm" + number;
  }

  private int running() {
    int running = 0;
    for (JsonNode vm : stage.demo().host.run("vm", "list").orFail().output().path("vms")) {
      running += vm.path("state").asString("").equals("running") ? 1 : 0;
    }
    return running;
  }

  /** {@return resident memory (proc(5), status)} */
  private static double mebibytes(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
            .sum()
        / 1024.0;
  }

  private static double cpuOf(long pid) throws IOException, InterruptedException {
    long seconds = 10;
    long before = ticks(pid);
    TimeUnit.SECONDS.sleep(seconds);
    return (ticks(pid) - before) / 100.0 / seconds;
  }

  /** {@return hundredths of a second that a process has computed (proc(5), stat)} */
  static long ticks(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(words[11]) + Long.parseLong(words[12]);
  }

  /** {@return by how much the values grow from one to the next, by least squares} */
  static double slope(List<Double> values) {
    double middle = (values.size() - 1) / 2.0;
    double mean = values.stream().mapToDouble(each -> each).average().orElse(0);
    double above = 0;
    double below = 0;
    for (int i = 0; i < values.size(); i++) {
      above += (i - middle) * (values.get(i) - mean);
      below += (i - middle) * (i - middle);
    }
    return above / below;
  }
}
