package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;

/** Root, looking for a guest's memory, and for its vTPM's, by what the kernel offers him. */
final class GuestMemoryAttacks {
  private static final String QEMU = "qemu-system-x86_64";
  private static final String RUNNING = "the VM's worker and vTPM run";

  private final Stage stage;

  GuestMemoryAttacks(Stage stage) {
    this.stage = stage;
  }

  List<Attack> quick() {
    return List.of(
        attack(
            "guest-memory-proc-mem",
            "read the guest's memory through /proc/PID/mem",
            () -> memory(QEMU, Memory.PROC_MEM)),
        attack(
            "guest-memory-gdb",
            "attach gdb to the worker and dump its memory",
            () -> memory(QEMU, Memory.GDB)),
        attack(
            "guest-memory-gcore",
            "write the worker's core by gcore",
            () -> memory(QEMU, Memory.GCORE)),
        attack(
            "guest-memory-process-vm-readv",
            "copy the guest's memory by process_vm_readv",
            () -> memory(QEMU, Memory.PROCESS_VM_READV)),
        attack(
            "vtpm-memory",
            "read the vTPM's state and its key in swtpm's memory",
            () -> memory("swtpm", Memory.PROC_MEM)),
        attack(
            "vtpm-gdb",
            "attach gdb to the vTPM and dump its memory",
            () -> memory("swtpm", Memory.GDB)),
        attack("guest-memory-perf", "sample the worker with perf", this::perf),
        attack("guest-memory-bpf", "read the guest's memory from a BPF program", this::bpf),
        attack(
            "guest-memory-dev-mem",
            "read the machine's memory through /dev/mem",
            this::deviceMemory),
        attack(
            "guest-memory-kcore",
            "read the kernel's view of memory through /proc/kcore",
            this::kcore),
        attack(
            "guest-memory-swap",
            "turn swap on, and find guests' pages on the disk",
            () -> new SwappedOut(stage).running()));
  }

  private static Attack attack(String name, String tried, Attack.Play play) {
    return new Attack(name, Attacker.A3, "P6", RUNNING, tried, play);
  }

  private Outcome memory(String program, Memory way) throws Exception {
    return way.attack(Stage.child(stage.host(), program), stage.canaries().of(stage.vm()));
  }

  /** A counter of the worker's own work, with the registers of the guest's processor in it. */
  private Outcome perf() throws Exception {
    final int software = 1;
    final long closeOnExec = 8;
    long own = openCounter(ProcessHandle.current().pid(), software, closeOnExec);
    require(own >= 0, "not even this process can be counted");
    try {
      long counter = openCounter(Stage.child(stage.host(), QEMU), software, closeOnExec);
      Kernel.requireLockdown();
      return new Outcome.Succeeded("perf_event_open gives " + counter);
    } catch (RawCall.RefusedException refused) {
      return new Outcome.Refused("the kernel: " + refused.getMessage());
    }
  }

  /** Opens perf_event_open(2) with samples of user registers and stack. */
  private static long openCounter(long pid, int type, long flags) throws RawCall.RefusedException {
    final int size = 112;
    final long samples = 1 | 1 << 12 | 1 << 13; // IP, REGS_USER, STACK_USER
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment wanted = arena.allocate(size, 8);
      wanted.set(ValueLayout.JAVA_INT, 0, type);
      wanted.set(ValueLayout.JAVA_INT, 4, size);
      wanted.set(ValueLayout.JAVA_LONG, 16, 1_000_000);
      wanted.set(ValueLayout.JAVA_LONG, 24, samples);
      wanted.set(ValueLayout.JAVA_LONG, 80, 0xFF);
      wanted.set(ValueLayout.JAVA_INT, 88, 4096);
      return RawCall.PERF_EVENT_OPEN.call(wanted.address(), pid, -1, -1, flags);
    }
  }

  private Outcome bpf() throws Exception {
    long pid = Stage.child(stage.host(), QEMU);
    Memory.Range guest =
        Memory.ranges(pid).stream()
            .max(Comparator.comparingLong(range -> range.to() - range.from()))
            .orElseThrow();
    return bpf(pid, List.of(guest), "the guest's memory");
  }

  /** Reads a first piece of each mapping by a program in the kernel. */
  static Outcome bpf(long pid, List<Memory.Range> ranges, String what) throws Exception {
    try {
      for (Memory.Range range : ranges) {
        if (BpfReader.read(pid, range.from()).isPresent()) {
          return new Outcome.NotPromised(
              what
                  + " is copied by a BPF program, in the process's own context"
                  + " (\"Programs that root puts into the kernel\")");
        }
      }
      return new Outcome.Refused("the program runs, and can copy nothing of it");
    } catch (RawCall.RefusedException refused) {
      return new Outcome.Refused("the kernel: " + refused.getMessage());
    }
  }

  private Outcome deviceMemory() throws Exception {
    if (!Files.exists(Path.of("/dev/mem"))) {
      throw new Attack.NotHereException("this kernel has no /dev/mem");
    }
    Kernel.requireLockdown();
    try (FileChannel memory = FileChannel.open(Path.of("/dev/mem"), StandardOpenOption.READ)) {
      return new Outcome.Succeeded(memory + " is open");
    } catch (IOException refused) {
      return new Outcome.Refused("the kernel: " + refused.getMessage());
    }
  }

  private Outcome kcore() throws Exception {
    if (!Files.exists(Path.of("/proc/kcore"))) {
      throw new Attack.NotHereException("this kernel has no /proc/kcore");
    }
    Kernel.requireLockdown();
    try (FileChannel memory = FileChannel.open(Path.of("/proc/kcore"), StandardOpenOption.READ)) {
      return new Outcome.Succeeded(memory + " is open");
    } catch (IOException refused) {
      return new Outcome.Refused("the kernel: " + refused.getMessage());
    }
  }
}
