package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.shieldwall.cli.demo.Trees;
import org.shieldwall.lab.attack.Canaries.Canary;

/**
 * A signal ends a part, and root has named the program that gets its core (core(5)). Last among the
 * attacks on what runs: each of them ends it.
 */
final class CoreAttacks {
  private static final Path PATTERN = Path.of("/proc/sys/kernel/core_pattern");
  private static final String QEMU = "qemu-system-x86_64";

  private final Stage stage;

  CoreAttacks(Stage stage) {
    this.stage = stage;
  }

  /** Names the process that is to dump. */
  @FunctionalInterface
  private interface Victim {
    long pid() throws Exception;
  }

  List<Attack> quick() {
    return List.of(
        attack("worker-core", "P6", "the worker", () -> Stage.child(stage.host(), QEMU), false),
        attack("vtpm-core", "P2", "the vTPM", () -> Stage.child(stage.host(), "swtpm"), false),
        attack(
            "worker-core-unlimited",
            "P6",
            "the worker, after raising its limit",
            () -> Stage.child(stage.host(), QEMU),
            true),
        attack(
            "vtpm-core-unlimited",
            "P2",
            "the vTPM, after raising its limit",
            () -> Stage.child(stage.host(), "swtpm"),
            true),
        attack("enclave-core", "P3", "the enclave", () -> Stage.enclave(stage.host()), false));
  }

  private Attack attack(String name, String promise, String whose, Victim victim, boolean raised) {
    return new Attack(
        name,
        Attacker.A3,
        promise,
        "the VM runs; an unprotected process dumps its core to the same program",
        "take the core of " + whose + ", by SIGABRT and a program in core_pattern",
        () -> play(victim, raised));
  }

  private Outcome play(Victim victim, boolean raised) throws Exception {
    stage.startVm();
    List<Canary> wanted = new ArrayList<>(stage.canaries().of(stage.vm()));
    Path folder = Files.createTempDirectory(Path.of("/var/tmp"), "attack-core");
    String before = Files.readString(PATTERN).strip();
    boolean killed = false;
    boolean enclaves = false;
    try {
      try {
        Files.writeString(PATTERN, "|" + Tool.path("tee") + " " + folder + "/core.%P");
      } catch (IOException fixed) {
        throw new Attack.NotHereException("this kernel's core_pattern cannot be changed");
      }
      control(folder);
      long pid = victim.pid();
      enclaves = pid == Stage.enclave(stage.host());
      if (raised) {
        // Root of the host raises what it likes, in whatever namespace the process is.
        Tool.Said said = Tool.run("prlimit", "--pid", "" + pid, "--core=unlimited:unlimited");
        if (said.text().contains("not permitted")) {
          throw new Attack.NotHereException("this machine's root lacks CAP_SYS_RESOURCE");
        }
        require(said.exitCode() == 0, "prlimit: " + said.last());
      }
      killed = true;
      abort(pid);
      return judged(folder.resolve("core." + pid), wanted, raised);
    } finally {
      Files.writeString(PATTERN, before);
      Trees.delete(folder);
      if (killed && enclaves) {
        stage.reboot();
      } else if (killed) {
        stage.awaitEnd("web");
      }
    }
  }

  private static void control(Path folder) throws Exception {
    Canary open =
        new Canary(
            "a control's secret",
            ("control-" + System.nanoTime()).getBytes(StandardCharsets.US_ASCII));
    ProcessBuilder builder =
        new ProcessBuilder(Tool.path("prlimit"), "--core=unlimited", "/bin/sleep", "60");
    builder.environment().put("CANARY", new String(open.bytes(), StandardCharsets.US_ASCII));
    Process process = builder.start();
    try {
      long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      while (!Files.readString(Path.of("/proc/" + process.pid() + "/comm")).startsWith("sleep")) {
        require(System.nanoTime() < limit, "the control does not start");
        TimeUnit.MILLISECONDS.sleep(10);
      }
      abort(process.pid());
      Search search = new Search(List.of(open));
      search.tree(folder, Set.of());
      require(!search.found().isEmpty(), "not even an unprotected process dumps its core");
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  /** The kernel ends the process after the program has read the whole core. */
  private static void abort(long pid) throws Exception {
    Tool.Said said = Tool.run("kill", "-ABRT", "" + pid);
    require(said.exitCode() == 0, "kill: " + said.last());
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    // Its parent reaps it when its last thread has gone, and with it all that it had open.
    while (Files.exists(Path.of("/proc/" + pid))) {
      require(System.nanoTime() < limit, "process " + pid + " does not end by SIGABRT");
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static Outcome judged(Path core, List<Canary> wanted, boolean raised) throws IOException {
    if (!Files.exists(core) || Files.size(core) == 0) {
      return new Outcome.Refused("the kernel writes no core of it");
    }
    Search search = new Search(wanted);
    search.file(core);
    String size = (Files.size(core) >> 10) + " KiB";
    if (search.found().isEmpty()) {
      return new Outcome.Refused("a core of " + size + " without a key, and without the guest");
    }
    String what = String.join(", ", search.found()).replace(core.toString(), "the core");
    return raised
        ? new Outcome.NotPromised(
            what
                + " (\"Memory of the enclave's own process\": a root who raises a process's limit)")
        : new Outcome.Succeeded(what);
  }
}
