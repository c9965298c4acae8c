package org.shieldwall.lab.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.shieldwall.cli.demo.Trees;

/**
 * From the start of the process that becomes QEMU to the first frame that the guest sends: by the
 * enclave, and then from a copy of the very state, disks and command line, bare. In turn, so that
 * what else the machine does meets both.
 */
final class FirstPacket {
  private static final String VM = "bench";
  private static final String DEVICE = "swbench0";
  private static final double LIMIT_RATIO = 1.05;
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final double TICKS = 100; // USER_HZ, the same on every architecture here

  private final BenchStage stage;
  private final PrintStream progress;

  FirstPacket(BenchStage stage, PrintStream progress) {
    this.stage = stage;
    this.progress = progress;
  }

  List<Figure> measure(int pairs) throws Exception {
    ip("tuntap", "add", "dev", DEVICE, "mode", "tap");
    try {
      ip("link", "set", DEVICE, "up");
      stage.make(VM, 512, "--tap", DEVICE, "--address", "any");
      shielded(); // the owner's files are taken over at the first boot of all
      List<Double> ratios = new ArrayList<>();
      List<Double> ours = new ArrayList<>();
      List<Double> bares = new ArrayList<>();
      for (int pair = 1; pair <= pairs; pair++) {
        BareMachine.Recorded recorded = shielded();
        double bare = bare(recorded);
        ours.add(recorded.seconds());
        bares.add(bare);
        ratios.add(recorded.seconds() / bare);
        progress.printf(
            Locale.ROOT,
            "first packet %d: %.2f s by the enclave, %.2f s bare%n",
            pair,
            recorded.seconds(),
            bare);
      }
      double ratio = EnclaveStart.median(ours) / EnclaveStart.median(bares);
      return List.of(
          Figure.plain("power-on to first guest packet", "s", EnclaveStart.median(ours))
              .beside(EnclaveStart.median(bares)),
          Figure.atMost("the same against bare QEMU, swtpm and OVMF", "x", ratio, LIMIT_RATIO)
              .noting(
                  "medians of %d pairs; pair by pair %s"
                      .formatted(
                          pairs,
                          ratios.stream()
                              .map(each -> String.format(Locale.ROOT, "%.3f", each))
                              .toList())));
    } finally {
      ip("link", "del", DEVICE);
    }
  }

  private static void ip(String... words) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("ip"));
    line.addAll(List.of(words));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException(String.join(" ", line) + ": " + said.strip());
    }
  }

  private BareMachine.Recorded shielded() throws Exception {
    long before = frames();
    stage.start(VM);
    long qemu = stage.children("qemu-system-x86_64").getFirst();
    long swtpm = stage.children("swtpm").getFirst();
    double from = started(outermost(qemu));
    double until = awaitFrame(before);
    BareMachine.Recorded recorded =
        new BareMachine.Recorded(commandLine(qemu), commandLine(swtpm), until - from);
    stage.stop(VM);
    return recorded;
  }

  private double bare(BareMachine.Recorded recorded) throws Exception {
    Path copy = stage.demo().work.resolve("bare");
    Trees.copy(stage.folder(VM), copy);
    try (BareMachine machine = BareMachine.prepare(stage, copy, recorded, DEVICE)) {
      long before = frames();
      double from = uptime();
      machine.powerOn();
      return awaitFrame(before) - from;
    } finally {
      Trees.delete(copy);
    }
  }

  private static List<String> commandLine(long pid) throws IOException {
    String line = Files.readString(Path.of("/proc/" + pid + "/cmdline"));
    return List.of(line.substring(0, line.length() - 1).split("\0", -1));
  }

  /** {@return the process that the enclave itself has started: the sandbox around it} */
  private long outermost(long pid) throws IOException {
    long enclave = stage.enclave().pid();
    ProcessHandle each = ProcessHandle.of(pid).orElseThrow();
    while (each.parent().orElseThrow().pid() != enclave) {
      each = each.parent().orElseThrow();
    }
    return each.pid();
  }

  /** {@return when a process began, in seconds since the machine's boot (proc(5), stat)} */
  private static double started(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(words[19]) / TICKS;
  }

  private static double uptime() throws IOException {
    return Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ", 2)[0]);
  }

  private static long frames() throws IOException {
    Path count = Path.of("/sys/class/net", DEVICE, "statistics/rx_packets");
    return Long.parseLong(Files.readString(count).strip());
  }

  private static double awaitFrame(long before) throws IOException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (frames() == before) {
      if (System.nanoTime() > deadline) {
        throw new IOException("the guest sends nothing for " + LIMIT.toSeconds() + " s");
      }
      LockSupport.parkNanos(2_000_000);
    }
    return uptime();
  }
}
