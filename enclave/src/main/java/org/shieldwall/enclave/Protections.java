package org.shieldwall.enclave;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Answer.Protection;
import org.shieldwall.enclave.posix.SystemCallException;
import org.shieldwall.enclave.posix.ThisProcess;
import org.shieldwall.enclave.posix.WorkingCalls;
import org.shieldwall.enclave.worker.WorkerSight;

/**
 * Each protection of the enclave, its workers and the kernel below them, looked up when it is asked
 * for and not remembered: on or off, and what that means. What the kernel is asked here it says of
 * itself; that it is this kernel is for the quote to show.
 */
final class Protections {
  private static final long LOCKING_MEMORY = 1L << 14; // CAP_IPC_LOCK

  private final Path system;
  private final List<Protection> found = new ArrayList<>();

  private Protections(Path system) {
    this.system = system;
  }

  /**
   * {@return all of them, in an order to be read in}
   *
   * @param workers of the VMs that run
   */
  static List<Protection> now(Answer.Confinement confinement, List<WorkerSight> workers) {
    return in(Path.of("/"), confinement, workers);
  }

  /** The same for the kernel whose files lie below {@code system}. */
  static List<Protection> in(
      Path system, Answer.Confinement confinement, List<WorkerSight> workers) {
    Protections protections = new Protections(system);
    protections.ofTheProcess(confinement);
    protections.ofItsMemory(confinement);
    protections.ofTheWorkers(workers);
    protections.ofTheKernel();
    return List.copyOf(protections.found);
  }

  /** Looked up in each running VM's processes: where none runs there is nothing to vouch for. */
  private void ofEach(
      String name,
      List<WorkerSight> workers,
      Function<WorkerSight, Optional<String>> problem,
      String whyOn) {
    Optional<String> first =
        workers.stream().flatMap(each -> problem.apply(each).stream()).findFirst();
    add(
        name,
        !workers.isEmpty() && first.isEmpty(),
        "of each running VM (" + workers.size() + "): " + whyOn,
        first.orElse("no VM runs now, so there is none to look at"));
  }

  /** {@return whose QEMU is the enclave's user or that of another VM's}; empty for nobody's */
  private static Optional<String> sharedUser(List<WorkerSight> workers) {
    Set<Integer> users = new HashSet<>(List.of(0, ThisProcess.uid()));
    for (WorkerSight worker : workers) {
      OptionalInt user = worker.user();
      if (user.isEmpty() || !users.add(user.getAsInt())) {
        return Optional.of(
            "VM " + worker.vm() + ": QEMU is not a user of its own; run the agent as root");
      }
    }
    return Optional.empty();
  }

  private void add(String name, boolean on, String whyOn, String whyOff) {
    found.add(new Protection(name, on, on ? whyOn : whyOff));
  }

  private void ofTheProcess(Answer.Confinement confinement) {
    add(
        "enclave-own-user",
        confinement.ownUser(),
        "no other program runs as user " + confinement.uid(),
        "programs of user " + confinement.uid() + " can signal it; run the agent as root");
    add(
        "enclave-no-network",
        confinement.ownNetwork(),
        "its network is its own and empty",
        "it shares the host's network; run the agent as root, or install bubblewrap");
    add(
        "enclave-no-new-privileges",
        status("NoNewPrivs").equals("1"),
        "no program it starts gains any",
        "a program it starts can");
    add(
        "enclave-system-calls",
        status("Seccomp").equals("2"),
        "those that look into processes or change the kernel are refused to it and its children",
        "nothing is refused: this architecture has no filter here");
    long capabilities = capabilities();
    add(
        "enclave-capabilities",
        (capabilities & ~LOCKING_MEMORY) == 0,
        capabilities == 0 ? "none" : "only that of locking memory",
        "holds 0x" + Long.toHexString(capabilities) + "; run the agent as root");
    add(
        "enclave-not-traced",
        status("TracerPid").equals("0"),
        "nobody traces it now",
        "process " + status("TracerPid") + " traces it");
    add(
        "enclave-no-attach",
        ProcessGuard.areTheAgents(ManagementFactory.getRuntimeMXBean().getInputArguments()),
        "no attach socket, debug agent, JMX or heap dump: the agent's options and no others",
        "started with other options than the agent's: tools of the Java runtime may attach");
    add(
        "enclave-once-a-boot",
        !text("proc/self/cmdline").contains("--tpm\0none"),
        "its keys are in PCR 15: a second enclave needs a reboot",
        "without a TPM nothing tells this boot's first enclave from a later one");
    add(
        "enclave-calls-allowed",
        WorkingThreads.keptFromCalls(),
        "its working threads make "
            + WorkingCalls.count()
            + " system calls and no others: no"
            + " program, signal or mount; the Java runtime's own threads are under"
            + " enclave-system-calls alone",
        "its working threads may make every call that is not refused to the whole process");
    add(
        "enclave-landlock",
        WorkingThreads.keptFromFiles(),
        "its working threads open files of VMs, their own code and what the kernel says of itself,"
            + " and no others; the Java runtime's own threads are not under it",
        "its threads open whatever its user may: this kernel has no Landlock (CONFIG_SECURITY_LANDLOCK,"
            + " lsm=landlock)");
  }

  private void ofItsMemory(Answer.Confinement confinement) {
    add(
        "secrets-hidden",
        confinement.secrets().equals("memfd_secret"),
        "keys lie in memfd_secret pages, which /proc and ptrace do not show",
        "this kernel offers no memfd_secret (secretmem.enable=1): root can read them");
    add(
        "secrets-written-over",
        options("-XX:+UseSerialGC") && options("-XX:+ZeroTLAB"),
        "what a request leaves on the heap is written over after it",
        "started with other memory options than the agent's");
    add(
        "enclave-memory-locked",
        confinement.memoryLocked(),
        "none of its pages can be swapped",
        "the limit of locked memory is too low; run the agent as root");
    add(
        "enclave-not-dumpable",
        !dumpable(),
        "no core, and /proc belongs to root",
        "it is dumpable");
    add(
        "enclave-private-keys-hidden",
        false,
        "",
        "the Java runtime keeps private keys on the heap; kernel-no-attaching keeps others from it");
    add(
        "host-no-swap",
        !HostSwap.isOn(system.resolve("proc/swaps")),
        "this host does not swap; VMs wait when it begins to",
        "this host swaps, or does not say: no VM starts");
  }

  private void ofTheWorkers(List<WorkerSight> workers) {
    ofEach(
        "worker-sandbox",
        workers,
        WorkerSight::notConfined,
        "no capability, no privilege to gain, filtered calls, processes and a network of its own");
    ofEach(
        "worker-monitor",
        workers,
        WorkerSight::otherMonitor,
        "QEMU's one monitor is an unnamed socket in the enclave");
    ofEach(
        "worker-devices",
        workers,
        WorkerSight::otherDevice,
        "no USB, share, vsock, debug stub or firmware file; a console where its owner allows one");
    ofEach(
        "worker-no-dump",
        workers,
        WorkerSight::dumpable,
        "guest memory is kept out of cores, and cores are off");
    Optional<String> shared = sharedUser(workers);
    add(
        "worker-own-user",
        !workers.isEmpty() && shared.isEmpty(),
        "each running VM's QEMU ("
            + workers.size()
            + ") is a user that nobody else is; vTPMs are the"
            + " enclave's user, apart by their namespaces",
        shared.orElse("no VM runs now, so there is none to look at"));
    add(
        "worker-own-cgroup",
        false,
        "",
        "workers are in the control group that the agent is in: no bound of their own");
    add(
        "guest-memory-locked",
        false,
        "",
        "a guest's memory is not locked; on a host that swaps no VM starts, and those that run wait");
  }

  private void ofTheKernel() {
    add(
        "kernel-no-attaching",
        text("proc/sys/kernel/yama/ptrace_scope").equals("3"),
        "nobody can attach to a process or read its memory, root included",
        "root can read guests' memory; boot with sysctl.kernel.yama.ptrace_scope=3");
    add(
        "kernel-lockdown",
        text("sys/kernel/security/lockdown").contains("[confidentiality]"),
        "root cannot read or change the kernel",
        "boot with lockdown=confidentiality");
    add(
        "kernel-no-kexec",
        text("proc/sys/kernel/kexec_load_disabled").equals("1"),
        "no other kernel can be started without the firmware",
        "set kernel.kexec_load_disabled=1");
    add(
        "kernel-no-unprivileged-bpf",
        text("proc/sys/kernel/unprivileged_bpf_disabled").matches("[12]"),
        "BPF is root's, and lockdown's to refuse",
        "set kernel.unprivileged_bpf_disabled=1");
    add(
        "kernel-iommu",
        !folder("sys/class/iommu").isEmpty(),
        "devices reach only the memory they are given",
        "no IOMMU is in use: a device can read all memory");
  }

  private boolean options(String option) {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().contains(option);
  }

  private static boolean dumpable() {
    try {
      return ThisProcess.dumpable();
    } catch (SystemCallException e) {
      return true;
    }
  }

  private static long capabilities() {
    return Long.parseUnsignedLong(status("CapEff"), 16)
        | Long.parseUnsignedLong(status("CapPrm"), 16)
        | Long.parseUnsignedLong(status("CapAmb"), 16);
  }

  private static String status(String field) {
    try {
      return ThisProcess.status(field);
    } catch (IOException e) {
      return "0";
    }
  }

  private String text(String file) {
    try {
      return Files.readString(system.resolve(file)).strip();
    } catch (IOException e) {
      return "";
    }
  }

  private List<Path> folder(String place) {
    try (Stream<Path> entries = Files.list(system.resolve(place))) {
      return entries.toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
