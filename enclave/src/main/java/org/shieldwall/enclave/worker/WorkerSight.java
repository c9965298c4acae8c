package org.shieldwall.enclave.worker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What the kernel shows of a running VM's processes, held against what they were meant to be:
 * nothing here is remembered from their start.
 *
 * @param vm the VM's name, for people
 * @param console whether the owner allows it a screen and a serial line
 * @param worker process id of QEMU
 * @param vtpm process id of swtpm
 */
public record WorkerSight(String vm, boolean console, long worker, long vtpm) {
  /**
   * Every option that {@link WorkerPlan} writes; whatever else stands there came from elsewhere.
   */
  private static final Set<String> OPTIONS =
      Set.of(
          "-nodefaults",
          "-no-user-config",
          "-S",
          "-incoming",
          "-display",
          "-vga",
          "-serial",
          "-parallel",
          "-monitor",
          "-sandbox",
          "-name",
          "-machine",
          "-accel",
          "-cpu",
          "-smp",
          "-m",
          "-rtc",
          "-object",
          "-device",
          "-global",
          "-blockdev",
          "-add-fd",
          "-chardev",
          "-tpmdev",
          "-netdev",
          "-vnc",
          "-mon");

  private static final Set<String> DEVICES =
      Set.of("virtio-rng-pci", "tpm-crb", "virtio-blk-pci", "virtio-net-pci");
  private static final Set<String> CONSOLE_DEVICES = Set.of("bochs-display", "isa-serial");
  private static final Set<String> CHANNELS = Set.of("qmp", "vtpm");
  private static final String CORE_LIMIT = "Max core file size";

  /** Which processes run below a VM's two sandboxes. */
  public static WorkerSight of(String vm, boolean console, int workerSandbox, int vtpmSandbox) {
    return new WorkerSight(
        vm,
        console,
        below(workerSandbox, WorkerPlan.PROGRAM),
        below(vtpmSandbox, "/usr/bin/swtpm"));
  }

  /** A program's process in a sandbox; that of the sandbox where it is not seen, and fails. */
  private static long below(int sandbox, String program) {
    return ProcessHandle.of(sandbox)
        .flatMap(process ->
            process
                .descendants()
                .filter(
                    each -> command(each.pid()).stream().findFirst().equals(Optional.of(program)))
                .findFirst())
        .map(ProcessHandle::pid)
        .orElse((long) sandbox);
  }

  /** {@return the user that the VM's QEMU runs as; empty if it has ended} */
  public OptionalInt user() {
    String users = field(lines(worker, "status"), "Uid");
    return users.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(Integer.parseInt(users.split("\\s+", -1)[0]));
  }

  /** {@return why one of the two is not confined}; empty if both are */
  public Optional<String> notConfined() {
    return notConfined("worker", worker).or(() -> notConfined("vTPM", vtpm));
  }

  private Optional<String> notConfined(String part, long process) {
    List<String> status = lines(process, "status");
    for (String capabilities : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
      if (!field(status, capabilities).matches("0+")) {
        return problem(part + " holds capabilities (" + capabilities + ")");
      }
    }
    if (!field(status, "NoNewPrivs").equals("1")) {
      return problem(part + " may gain privileges");
    }
    if (!field(status, "Seccomp").equals("2")) {
      return problem(part + "'s system calls are not filtered");
    }
    if (field(status, "NSpid").split("\\s+", -1).length < 2) {
      return problem(part + " sees this host's processes");
    }
    // Two lines of heading and the loopback.
    if (lines(process, "net/dev").size() != 3) {
      return problem(part + " has a network");
    }
    return Optional.empty();
  }

  /** {@return what leads to QEMU's monitor beside the enclave's own channel}; empty for nothing */
  public Optional<String> otherMonitor() {
    List<String> command = command(worker);
    if (!values(command, "-mon").equals(List.of("chardev=qmp,mode=control"))
        || !values(command, "-monitor").equals(List.of("none"))) {
      return problem("has another monitor");
    }
    for (String channel : values(command, "-chardev")) {
      String id = channel.replaceFirst("socket,id=([a-z]+),fd=[0-9]+", "$1");
      if (!CHANNELS.contains(id) && !(console && id.equals("serial"))) {
        return problem("has a channel " + channel);
      }
    }
    return Optional.empty();
  }

  /** {@return a device or option that it must not have}; empty for none */
  public Optional<String> otherDevice() {
    List<String> command = command(worker);
    for (String word : command) {
      if (word.startsWith("-") && !OPTIONS.contains(word)) {
        return problem("was started with " + word);
      }
    }
    if (!command.contains("-nodefaults") || !has(command, "-machine", "usb=off")) {
      return problem("has devices that nobody asked for");
    }
    for (String device : values(command, "-device")) {
      String name = device.split(",", 2)[0];
      if (!DEVICES.contains(name) && !(console && CONSOLE_DEVICES.contains(name))) {
        return problem("has the device " + name);
      }
    }
    if (!console && !values(command, "-vnc").isEmpty()) {
      return problem("has a screen");
    }
    return values(command, "-sandbox").equals(List.of(WorkerPlan.SANDBOX))
        ? Optional.empty()
        : problem("QEMU does not confine itself");
  }

  /** {@return why memory could come into a core}; empty if it cannot */
  public Optional<String> dumpable() {
    if (!has(command(worker), "-machine", "dump-guest-core=off")) {
      return problem("guest memory would be in a core");
    }
    for (long process : new long[] {worker, vtpm}) {
      List<String> limit =
          lines(process, "limits").stream().filter(line -> line.startsWith(CORE_LIMIT)).toList();
      if (limit.size() != 1
          || !limit
              .getFirst()
              .substring(CORE_LIMIT.length())
              .strip()
              .matches("[01]\\s+[01]\\s.*")) {
        return problem("cores are not off");
      }
    }
    return Optional.empty();
  }

  private Optional<String> problem(String what) {
    return Optional.of("VM " + vm + ": " + what);
  }

  private static boolean has(List<String> command, String option, String part) {
    return values(command, option).stream()
        .anyMatch(value -> List.of(value.split(",", -1)).contains(part));
  }

  private static List<String> values(List<String> command, String option) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i + 1 < command.size(); i++) {
      if (command.get(i).equals(option)) {
        values.add(command.get(i + 1));
      }
    }
    return values;
  }

  private static List<String> command(long process) {
    return List.of(text(process, "cmdline").split("\0", -1));
  }

  private static List<String> lines(long process, String file) {
    return text(process, file).lines().toList();
  }

  private static String field(List<String> status, String name) {
    return status.stream()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElse("");
  }

  /** Of a process that has ended nothing is shown, and nothing passes. */
  private static String text(long process, String file) {
    try {
      return Files.readString(
          Path.of("/proc", String.valueOf(process)).resolve(file), StandardCharsets.ISO_8859_1);
    } catch (IOException gone) {
      return "";
    }
  }
}
