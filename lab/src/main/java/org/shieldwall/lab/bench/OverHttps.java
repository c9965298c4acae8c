package org.shieldwall.lab.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.HgsFolder;
import org.shieldwall.hgs.HgsSetup;
import org.shieldwall.hgs.admin.Administration;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/** A whole service over HTTPS: 8 clients that keep their connections, on the same processors. */
final class OverHttps {
  private static final int IMA_ENTRIES = 100;
  private static final int WRITERS = 64;
  private static final List<Integer> ALL_PCRS = IntStream.range(0, 24).boxed().toList();

  private static final double HEAP_MAY_GROW_MIB = 8;
  private static final double RESIDENT_MAY_GROW_MIB = 64;

  private final boolean quick;
  private final Duration warmUp;
  private final Duration counted;
  private final int registered;
  private final int minutes;
  private final PrintStream progress;
  private final BenchEvidence evidence;

  /**
   * @param registered how many hosts the large store has
   * @param minutes how long memory is watched; 0 for not at all
   */
  OverHttps(boolean quick, int registered, int minutes, PrintStream progress)
      throws IOException, MalformedException {
    this.quick = quick;
    this.warmUp = Duration.ofSeconds(quick ? 8 : 30);
    this.counted = Duration.ofSeconds(quick ? 8 : 30);
    this.registered = registered;
    this.minutes = minutes;
    this.progress = progress;
    this.evidence = BenchEvidence.aggregated(IMA_ENTRIES);
  }

  List<Figure> measure() throws Exception {
    Providers.asTheService();
    List<Figure> figures = new ArrayList<>();
    double empty = emptyStore(figures);
    if (registered > 0) {
      largeStore(figures, empty);
    }
    return figures;
  }

  private double emptyStore(List<Figure> figures) throws Exception {
    progress.println("primitives of an attestation over HTTPS ...");
    double exchange = InProcess.exchange(quick);
    Path temporary = Files.createTempDirectory("bench");
    try {
      List<SoftHost> hosts = hosts();
      HgsFolder folder = create(temporary, hosts);
      progress.println("over HTTPS, " + hosts.size() + " hosts ...");
      try (HgsProcess service = HgsProcess.start(folder)) {
        Load.Result result = Load.run(service, hosts, warmUp, counted);
        int processors = Runtime.getRuntime().availableProcessors();
        figures.add(
            Figure.atLeast("over HTTPS, 8 clients, 100 IMA entries", "/s", result.perSecond(), 2000)
                .beside(1000 * processors / exchange)
                .noting(
                    ("%.2f ms of processor time each in the service; primitives: what %d processors"
                            + " would reach with the bare cryptography of both sides")
                        .formatted(result.serviceMillis(), processors)));
        figures.add(
            Figure.plain("  processor time of the service for each", "ms", result.serviceMillis())
                .beside(exchange));
        figures.add(
            Figure.plain("  median of an attestation", "ms", result.medianMillis())
                .beside(exchange));
        figures.add(Figure.atMost("  99th percentile", "ms", result.p99Millis(), 20));
        if (minutes > 0) {
          memory(service, hosts, figures);
        }
        return result.perSecond();
      }
    } finally {
      delete(temporary);
    }
  }

  /** Flat: what is in use of the heap, and what the process takes of the machine. */
  private void memory(HgsProcess service, List<SoftHost> hosts, List<Figure> figures)
      throws IOException, GeneralSecurityException, InterruptedException {
    double heap = service.heapMib();
    double resident = service.residentMib();
    double most = resident;
    for (int minute = 1; minute <= minutes; minute++) {
      Load.Result result = Load.run(service, hosts, Duration.ZERO, Duration.ofMinutes(1));
      most = Math.max(most, service.residentMib());
      progress.printf(
          "minute %d: %.0f /s, 99th percentile %.1f ms, resident %.0f MiB, heap %.1f MiB%n",
          minute, result.perSecond(), result.p99Millis(), service.residentMib(), service.heapMib());
    }
    String after = " after " + minutes + " more minutes of it";
    figures.add(
        Figure.atMost("  heap" + after, "MiB", service.heapMib(), heap + HEAP_MAY_GROW_MIB)
            .noting("%.1f MiB before them".formatted(heap)));
    figures.add(
        Figure.atMost(
                "  resident, the most in these minutes",
                "MiB",
                most,
                resident + RESIDENT_MAY_GROW_MIB)
            .noting("%.0f MiB before them".formatted(resident)));
  }

  private void largeStore(List<Figure> figures, double empty) throws Exception {
    Path temporary = Files.createTempDirectory("bench");
    try {
      List<SoftHost> hosts = hosts();
      HgsFolder folder = create(temporary, hosts);
      progress.println("registering " + registered + " hosts ...");
      register(folder, registered - hosts.size());
      progress.println("over HTTPS, " + registered + " hosts ...");
      try (HgsProcess service = HgsProcess.start(folder)) {
        String of = "%,d hosts registered: ".formatted(registered);
        figures.add(Figure.atMost(of + "start", "s", service.startTime().toMillis() / 1000.0, 10));
        Load.Result result = Load.run(service, hosts, warmUp, counted);
        figures.add(
            Figure.atLeast(
                    "  attestations, of an empty store's",
                    "%",
                    100 * result.perSecond() / empty,
                    80)
                .noting("%.0f /s and %.0f /s".formatted(result.perSecond(), empty)));
        figures.add(Figure.atMost("  99th percentile", "ms", result.p99Millis(), 20));
        figures.add(
            Figure.atMost("  heap", "MiB", service.heapMib(), 1024)
                .noting("resident %.0f MiB".formatted(service.residentMib())));
      }
    } finally {
      delete(temporary);
    }
  }

  private List<SoftHost> hosts() {
    List<SoftHost> hosts = new ArrayList<>();
    for (int i = 0; i < Load.CLIENTS * Load.HOSTS_OF_EACH; i++) {
      hosts.add(new SoftHost("bench-" + i, evidence, ALL_PCRS));
    }
    return hosts;
  }

  /** Makes a service that checks everything these hosts send, and registers them. */
  private HgsFolder create(Path temporary, List<SoftHost> hosts) throws HgsException, IOException {
    HgsFolder folder = new HgsFolder(temporary.resolve("hgs"));
    new HgsSetup(InstantSource.system(), new SecureRandom())
        .create(folder, HgsSetup.Address.named("localhost"), Optional.empty(), Optional.empty());
    Path allowed = folder.path().resolve("allowed.txt");
    Files.write(allowed, evidence.allowed().stream().map(each -> "sha256:" + each.hex()).toList());
    Files.writeString(
        folder.configuration(),
        Files.readString(folder.configuration())
            .replaceFirst("(?m)^# ima-allow-list = .*$", "ima-allow-list = \"allowed.txt\""));
    try (Database database = folder.openDatabase()) {
      Administration admin = new Administration(database, InstantSource.system());
      admin.addBaseline(evidence.baseline());
      for (SoftHost host : hosts) {
        admin.addHost(host.identity());
      }
    }
    return folder;
  }

  private static void register(HgsFolder folder, int count)
      throws HgsException, InterruptedException, ExecutionException {
    try (Database database = folder.openDatabase();
        ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
      Administration admin = new Administration(database, InstantSource.system());
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String name = "other-" + i;
        all.add(
            writers.submit(() -> {
              Bytes ek = SoftTpm.make(false).ek().sized();
              return admin.addHost(new HostIdentity(name, ek, Optional.empty(), "bench"));
            }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }
}
