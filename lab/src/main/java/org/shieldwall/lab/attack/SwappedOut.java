package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.shieldwall.cli.demo.Trees;

/**
 * Root turns swap on after the enclave has looked, and has the kernel put a running VM's pages out
 * (process_madvise(2), MADV_PAGEOUT).
 */
final class SwappedOut {
  private static final long PAGE_OUT = 21;

  private final Stage stage;

  SwappedOut(Stage stage) {
    this.stage = stage;
  }

  /** Of a running VM: the enclave has looked before, and looks again only at the next start. */
  Outcome running() throws Exception {
    return whileSwapping(this::judged);
  }

  /** A VM is started while the host swaps. */
  Outcome starting() throws Exception {
    stage.stopVm();
    return whileSwapping(() -> Stage.startRefused(stage.host(), "web", Set.of("host-swaps")));
  }

  private Outcome whileSwapping(Attack.Play play) throws Exception {
    Path folder = Files.createTempDirectory(Path.of("/var/tmp"), "attack-swap");
    Path file = folder.resolve("swap");
    try {
      run("dd", "if=/dev/zero", "of=" + file, "bs=1M", "count=64", "status=none");
      run("chmod", "600", file.toString());
      run("mkswap", file.toString());
      Tool.Said on = Tool.run("swapon", file.toString());
      if (on.exitCode() != 0) {
        throw new Attack.NotHereException(
            "this machine takes no swap: " + Stage.shortened(on.last()));
      }
      try {
        return play.run();
      } finally {
        Tool.run("swapoff", file.toString());
      }
    } finally {
      Trees.delete(folder);
    }
  }

  private Outcome judged() throws Exception {
    String hold = "x=$(head -c 8000000 /dev/zero | tr '\\0' x); echo; sleep 60";
    Process control = new ProcessBuilder("/bin/sh", "-c", hold).start();
    try {
      // It writes a line when it holds what it is to hold.
      require(control.getInputStream().read() >= 0, "the control does not start");
      pushOut(control.pid());
      require(swapped(control.pid()) > 0, "not even an unprotected process is put out");
    } finally {
      control.descendants().forEach(ProcessHandle::destroyForcibly);
      control.destroyForcibly().waitFor();
    }
    List<String> out = new ArrayList<>();
    long enclave = Stage.enclave(stage.host());
    for (long pid :
        List.of(
            enclave,
            Stage.child(stage.host(), "qemu-system-x86_64"),
            Stage.child(stage.host(), "swtpm"))) {
      String name = Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
      pushOut(pid);
      long swapped = swapped(pid);
      if (swapped > 0) {
        out.add(swapped + " KiB of " + name);
      }
    }
    return out.isEmpty()
        ? new Outcome.Refused("no page of enclave, worker or vTPM goes out")
        : new Outcome.NotPromised(
            "on the disk in plain: "
                + String.join(", ", out)
                + " (\"Swap that root turns on later\"; the check no-swap-or-encrypted)");
  }

  private static void run(String tool, String... arguments) throws Exception {
    Tool.Said said = Tool.run(tool, arguments);
    require(said.exitCode() == 0, tool + ": " + said.last());
  }

  /** Every mapping for itself: the kernel refuses those that are locked. */
  private static void pushOut(long pid) throws IOException, RawCall.RefusedException {
    long process = RawCall.PIDFD_OPEN.call(pid, 0);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment vector = arena.allocate(16, 8);
      for (Memory.Range range : Memory.ranges(pid)) {
        vector.set(ValueLayout.JAVA_LONG, 0, range.from());
        vector.set(ValueLayout.JAVA_LONG, 8, range.length(32 << 20));
        try {
          RawCall.PROCESS_MADVISE.call(process, vector.address(), 1, PAGE_OUT, 0);
        } catch (RawCall.RefusedException locked) {
          // The next one.
        }
      }
    }
  }

  private static long swapped(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
        .filter(line -> line.startsWith("VmSwap:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .sum();
  }
}
