package org.shieldwall.lab.attack;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.lab.attack.Canaries.Canary;

/**
 * {@code kill -9} of a random part at a random moment of a VM's life, again and again, each time
 * until a part was really hit. After each, and after no more than what an administrator does when
 * something has crashed, the VM must serve its owner's secret again; nothing of the dead part may
 * live on, and no secret may lie anywhere.
 */
final class RandomKills {
  private static final int TRIES = 20;
  private static final String VICTIM = "web";
  private static final String MADE = "made";

  private final Stage stage;
  private final Random random;
  private final PrintWriter out;
  private final ServiceProcess service;

  RandomKills(Stage stage, long seed, PrintWriter out) {
    this.stage = stage;
    this.random = new Random(seed);
    this.out = out;
    this.service = new ServiceProcess(stage);
  }

  /** What is killed. */
  private enum Part {
    AGENT,
    ENCLAVE,
    VTPM,
    WORKER,
    SERVICE
  }

  /**
   * When: while another VM is made of the template, while the victim is started, boots or runs, or
   * is stopped.
   */
  private enum Time {
    CREATE(6),
    START(4),
    RUN(40),
    STOP(6);

    private final double seconds;

    Time(double seconds) {
      this.seconds = seconds;
    }

    /** A VM is made without a worker. */
    boolean has(Part part) {
      return this != CREATE || part != Part.WORKER;
    }
  }

  /** What was hit, and when after the work had begun. */
  private record Hit(long pid, List<Long> below, double moment) {}

  /** {@return how many rounds ended with a VM that is lost, or with something left} */
  int play(int rounds) throws Exception {
    int bad = 0;
    try (service) {
      stage.startVm();
      if (!SecretPage.served(stage)) {
        throw new Attack.PreconditionException("the VM does not serve its secret to begin with");
      }
      for (int round = 1; round <= rounds; round++) {
        Time time = Time.values()[random.nextInt(Time.values().length)];
        List<Part> parts = Stream.of(Part.values()).filter(time::has).toList();
        Part part = parts.get(random.nextInt(parts.size()));
        long began = System.nanoTime();
        List<String> problems = new ArrayList<>();
        Optional<Hit> hit = round(part, time, problems);
        bad += problems.isEmpty() ? 0 : 1;
        out.printf(
            Locale.ROOT,
            "%-4s %3d  %-7s at %-6s %s  %3.0f s  %s%n",
            problems.isEmpty() ? "ok" : "BAD",
            round,
            part,
            time,
            hit.map(h -> String.format(Locale.ROOT, "after %5.2f s", h.moment())).orElse("never"),
            (System.nanoTime() - began) / 1e9,
            problems.isEmpty() ? "" : problems);
        out.flush();
      }
      stage.stopVm();
    }
    return bad;
  }

  private Optional<Hit> round(Part part, Time time, List<String> problems) throws Exception {
    Instant since = Instant.now().minusSeconds(2); // a file system's clock is coarser
    Optional<Hit> hit = Optional.empty();
    for (int tried = 0; hit.isEmpty() && tried < TRIES; tried++) {
      prepare(time);
      CompletableFuture<Optional<Command.Result>> work =
          CompletableFuture.supplyAsync(() -> begin(time));
      long began = System.nanoTime();
      hit = strike(part, time, began, work);
      awaitEnd(work, problems);
    }
    if (hit.isEmpty()) {
      problems.add("nothing was hit in " + TRIES + " tries");
    } else {
      requireEnded(hit.get().pid(), problems);
      hit.get().below().forEach(pid -> requireEnded(pid, problems));
    }
    recover(part, problems);
    leftBehind(since, problems);
    return hit;
  }

  private void prepare(Time time) {
    switch (time) {
      case CREATE -> {
        if (Files.exists(stage.folder(MADE).resolve("vm.json"))) {
          stage.host().run("vm", "delete", MADE, "--yes").orFail();
        }
      }
      case START -> stage.stopVm();
      case RUN -> {
        stage.stopVm();
        stage.startVm();
      }
      case STOP -> stage.startVm();
    }
  }

  /** Does the work in which the part is killed. {@return its result; nothing if it is not one} */
  private Optional<Command.Result> begin(Time time) {
    return switch (time) {
      case CREATE ->
          Optional.of(
              stage
                  .host()
                  .run(
                      "vm",
                      "create",
                      "--name",
                      MADE,
                      "--template",
                      stage.templateImage(),
                      "--catalog",
                      stage.catalog(),
                      "--data",
                      stage.data(),
                      "--memory",
                      512));
      case START -> Optional.of(stage.host().run("vm", "start", VICTIM));
      case RUN -> Optional.empty();
      case STOP -> Optional.of(stage.host().run("vm", "stop", VICTIM, "--wait", "5"));
    };
  }

  /** Kills the part at a random moment, if it is there then. */
  private Optional<Hit> strike(
      Part part, Time time, long began, CompletableFuture<Optional<Command.Result>> work)
      throws Exception {
    double moment = random.nextDouble(time.seconds);
    long at = began + (long) (moment * 1e9);
    while (System.nanoTime() < at) {
      TimeUnit.MILLISECONDS.sleep(Math.max(1, Math.min(20, (at - System.nanoTime()) / 1_000_000)));
      if (work.isDone() && time != Time.RUN) {
        return Optional.empty(); // too late: another moment
      }
    }
    Optional<Long> victim = find(part);
    if (victim.isEmpty()) {
      return Optional.empty();
    }
    List<Long> below = part == Part.ENCLAVE ? descendants(victim.get()) : List.of();
    boolean alive =
        ProcessHandle.of(victim.get()).map(ProcessHandle::destroyForcibly).orElse(false);
    return alive
        ? Optional.of(new Hit(victim.get(), below, (System.nanoTime() - began) / 1e9))
        : Optional.empty();
  }

  private static List<Long> descendants(long pid) {
    return ProcessHandle.of(pid).stream()
        .flatMap(ProcessHandle::descendants)
        .map(ProcessHandle::pid)
        .toList();
  }

  private Optional<Long> find(Part part) {
    try {
      return switch (part) {
        case AGENT -> {
          try (UnixSocket connection = UnixSocket.connect(Stage.agentSocket(stage.host()))) {
            yield Optional.of((long) connection.peer().pid());
          }
        }
        case ENCLAVE -> Optional.of(Stage.enclave(stage.host()));
        case VTPM -> Optional.of(Stage.child(stage.host(), "swtpm"));
        case WORKER -> Optional.of(Stage.child(stage.host(), "qemu-system-x86_64"));
        case SERVICE -> service.pid();
      };
    } catch (IOException | Attack.PreconditionException notThere) {
      return Optional.empty();
    }
  }

  /** Whatever became of it, it must become of it in time. */
  private static void awaitEnd(
      CompletableFuture<Optional<Command.Result>> work, List<String> problems)
      throws InterruptedException {
    try {
      work.get(4, TimeUnit.MINUTES);
    } catch (TimeoutException hangs) {
      problems.add("the command hangs");
    } catch (ExecutionException broken) {
      problems.add("the command broke: " + broken.getCause());
    }
  }

  private static void requireEnded(long pid, List<String> problems) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)) {
      if (System.nanoTime() > limit) {
        problems.add("process " + pid + " lives on");
        return;
      }
      LockSupport.parkNanos(50_000_000);
    }
  }

  /** What an administrator does: starts again what has ended, and the VM with it. */
  private void recover(Part part, List<String> problems) throws Exception {
    switch (part) {
      case AGENT -> {
        stage.host().close();
        stage.flushTpm();
        stage.host().start();
      }
      case SERVICE -> service.start();
      case ENCLAVE -> stage.reboot();
      case VTPM, WORKER -> stage.awaitEnd(VICTIM);
    }
    if (stage.ended(VICTIM)) {
      Command.Result again = stage.host().run("vm", "start", VICTIM);
      if (again.exitCode() != 0 && !Stage.codes(again).contains("vm-running")) {
        problems.add("does not start: " + Command.Result.message(again.output()));
        return;
      }
    }
    if (!SecretPage.served(stage)) {
      problems.add("does not serve its secret: " + stage.host().run("vm", "show", VICTIM).output());
    }
  }

  /** The running guest is the one place where its secret may be. */
  private void leftBehind(Instant since, List<String> problems) throws Exception {
    List<Canary> wanted = new ArrayList<>(stage.canaries().of(stage.vm()));
    wanted.addAll(stage.canaries().of(stage.backup()));
    wanted.addAll(stage.canaries().ofData(stage.data()));
    Search search = new Search(wanted);
    for (String place :
        List.of(
            stage.demo().work.toString(),
            "/tmp",
            "/run",
            "/dev/shm",
            "/var/tmp",
            "/var/log",
            "/var/crash",
            "/var/lib/systemd/coredump")) {
      if (Files.isDirectory(Path.of(place))) {
        search.tree(Path.of(place), Set.of(stage.demo().owner), since);
      }
    }
    problems.addAll(search.found());
    try (Stream<Path> entries = Files.list(stage.vm())) {
      List<String> states =
          entries
              .map(each -> each.getFileName().toString())
              .filter(name -> name.startsWith("state."))
              .toList();
      if (states.size() != 1) {
        problems.add("left over: " + states);
      }
    }
  }
}
