package org.shieldwall.lab.attack;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.enclave.posix.UnixSocket;

/**
 * {@code kill -9} of a random part at a random moment of a start, again and again. After each the
 * VM must start again, nothing of the dead part may live on, and no secret may be left behind.
 */
final class RandomKills {
  private static final double LATEST = 2.5;

  private final Stage stage;
  private final Random random;
  private final PrintWriter out;

  RandomKills(Stage stage, long seed, PrintWriter out) {
    this.stage = stage;
    this.random = new Random(seed);
    this.out = out;
  }

  /** What is killed. */
  private enum Part {
    AGENT,
    ENCLAVE,
    VTPM,
    WORKER
  }

  /** {@return how many rounds ended with a VM that does not start, or with something left} */
  int play(int rounds) throws Exception {
    int bad = 0;
    for (int round = 1; round <= rounds; round++) {
      Part part = Part.values()[random.nextInt(Part.values().length)];
      double moment = random.nextDouble(LATEST);
      List<String> problems = new ArrayList<>(round(part, moment));
      bad += problems.isEmpty() ? 0 : 1;
      out.printf(
          Locale.ROOT,
          "%-4s %3d  %-7s after %.2f s  %s%n",
          problems.isEmpty() ? "ok" : "BAD",
          round,
          part,
          moment,
          problems);
      out.flush();
    }
    return bad;
  }

  private List<String> round(Part part, double moment) throws Exception {
    List<Long> family =
        ProcessHandle.of(Stage.enclave(stage.host()))
            .orElseThrow()
            .descendants()
            .map(ProcessHandle::pid)
            .toList();
    CompletableFuture<Command.Result> start =
        CompletableFuture.supplyAsync(() -> stage.host().run("vm", "start", "web"));
    TimeUnit.MILLISECONDS.sleep((long) (moment * 1000));
    List<Long> doomed = new ArrayList<>(family);
    kill(part, doomed);
    start.get(3, TimeUnit.MINUTES);
    List<String> problems = new ArrayList<>();
    recover(part, doomed, problems);
    Command.Result again = stage.host().run("vm", "start", "web");
    if (again.exitCode() != 0 && !Stage.codes(again).contains("vm-running")) {
      problems.add("does not start: " + Command.Result.message(again.output()));
    }
    stage.stopVm();
    leftBehind(problems);
    return problems;
  }

  /** Kills it, and notes what must end with it. */
  private void kill(Part part, List<Long> doomed) throws IOException {
    long enclave = Stage.enclave(stage.host());
    List<Long> below =
        ProcessHandle.of(enclave).orElseThrow().descendants().map(ProcessHandle::pid).toList();
    long victim =
        switch (part) {
          case AGENT -> agent();
          case ENCLAVE -> enclave;
          case VTPM -> child("swtpm");
          case WORKER -> child("qemu-system-x86_64");
        };
    if (part == Part.ENCLAVE) {
      doomed.addAll(below);
    }
    ProcessHandle.of(victim).ifPresent(ProcessHandle::destroyForcibly);
  }

  private long agent() throws IOException {
    try (UnixSocket connection = UnixSocket.connect(Stage.agentSocket(stage.host()))) {
      return connection.peer().pid();
    }
  }

  /** {@return the child's process, or one that does not exist where it is not there yet} */
  private long child(String program) throws IOException {
    try {
      return Stage.child(stage.host(), program);
    } catch (Attack.PreconditionException notYet) {
      return Long.MAX_VALUE;
    }
  }

  private void recover(Part part, List<Long> doomed, List<String> problems) throws Exception {
    switch (part) {
      case AGENT -> stage.host().start();
      case ENCLAVE -> {
        for (long pid : doomed) {
          if (!ended(pid)) {
            problems.add("process " + pid + " lives on without its enclave");
          }
        }
        stage.host().close();
        stage.demo().machine.boot(stage.demo().bootLog);
        stage.host().start();
      }
      case VTPM, WORKER -> {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (stage.running("web")
            && child("swtpm") == Long.MAX_VALUE
            && System.nanoTime() < limit) {
          TimeUnit.MILLISECONDS.sleep(100);
        }
        stage.stopVm();
      }
    }
  }

  private static boolean ended(long pid) throws InterruptedException {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)) {
      if (System.nanoTime() > limit) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    return true;
  }

  private void leftBehind(List<String> problems) throws Exception {
    Search search = new Search(stage.canaries().of(stage.vm()));
    search.tree(stage.host().directory(), Set.of());
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
