package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.LONG;
import static org.shieldwall.enclave.posix.SystemCall.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * System calls that neither this process nor anything it starts has a use for, refused from now on
 * (seccomp(2)): those that look into other processes, change the kernel, its clock or its keys, and
 * sockets of every family but unix and netlink. The list names what is refused, because a Java
 * runtime and QEMU use too much to list what is allowed; it is one more wall, not the only one.
 */
public final class SystemCallFilter {
  private static final int AUDIT_ARCH_X86_64 = 0xC000003E;
  private static final int AUDIT_ARCH_AARCH64 = 0xC00000B7;
  private static final int X32 = 0x40000000;
  private static final int SET_MODE_FILTER = 1;
  private static final int ALL_THREADS = 1;
  private static final int AF_UNIX = 1;
  private static final int AF_NETLINK = 16; // bubblewrap sets its loopback up with it

  // struct seccomp_data: the call's number, the architecture, then, from 16, the arguments.
  private static final int NUMBER = 0;
  private static final int ARCHITECTURE = 4;
  private static final int FIRST_ARGUMENT = 16;

  private static final short LOAD = 0x20;
  private static final short JUMP_EQUAL = 0x15;
  private static final short JUMP_AT_LEAST = 0x35;
  private static final short RETURN = 0x06;
  private static final int ALLOW = 0x7FFF0000;
  private static final int NOT_PERMITTED = 0x00050000 | 1;

  private static final SystemCall SYSCALL =
      SystemCall.variadic("syscall", 1, LONG, LONG, INT, INT, POINTER);

  private SystemCallFilter() {}

  /** Numbers of the calls on one architecture (asm/unistd_64.h, asm-generic/unistd.h). */
  private record Numbers(
      int architecture, int seccomp, int socket, boolean hasX32, List<Integer> refused) {
    static Numbers here() {
      return switch (System.getProperty("os.arch")) {
        case "amd64" -> new Numbers(AUDIT_ARCH_X86_64, 317, 41, true, X86_64);
        case "aarch64" -> new Numbers(AUDIT_ARCH_AARCH64, 277, 198, false, AARCH64);
        case String other -> throw new UnsupportedOperationException("no filter for " + other);
      };
    }
  }

  // In this order on both: ptrace, process_vm_readv, process_vm_writev, kcmp, pidfd_getfd,
  // perf_event_open, bpf, userfaultfd, kexec_load, kexec_file_load, init_module, finit_module,
  // delete_module, name_to_handle_at, open_by_handle_at, add_key, request_key, keyctl, acct,
  // swapon,
  // swapoff, reboot, quotactl, settimeofday, clock_settime, adjtimex, clock_adjtime, syslog,
  // lookup_dcookie, io_uring_setup, io_uring_enter, io_uring_register; x86 also iopl, ioperm.
  private static final List<Integer> X86_64 =
      List.of(
          101, 310, 311, 312, 438, 298, 321, 323, 246, 320, 175, 313, 176, 303, 304, 248, 249, 250,
          163, 167, 168, 169, 179, 164, 227, 159, 305, 103, 212, 425, 426, 427, 172, 173);
  private static final List<Integer> AARCH64 =
      List.of(
          117, 270, 271, 272, 438, 241, 280, 282, 104, 294, 105, 273, 106, 264, 265, 217, 218, 219,
          89, 224, 225, 142, 60, 170, 112, 171, 266, 116, 18, 425, 426, 427);

  /** One instruction: struct sock_filter. */
  private record Step(short code, int ifTrue, int ifFalse, int value) {}

  /** Refuses them for every thread of this process, and for what they start, for good. */
  public static void install() throws SystemCallException {
    ThisProcess.gainNoPrivileges();
    Numbers numbers = Numbers.here();
    List<Step> steps = program(numbers);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment code = arena.allocate(8L * steps.size(), 8);
      for (int i = 0; i < steps.size(); i++) {
        Step step = steps.get(i);
        code.set(ValueLayout.JAVA_SHORT, 8L * i, step.code());
        code.set(ValueLayout.JAVA_BYTE, 8L * i + 2, (byte) step.ifTrue());
        code.set(ValueLayout.JAVA_BYTE, 8L * i + 3, (byte) step.ifFalse());
        code.set(INT, 8L * i + 4, step.value());
      }
      MemorySegment program = arena.allocate(16, 8);
      program.set(ValueLayout.JAVA_SHORT, 0, (short) steps.size());
      program.set(POINTER, 8, code);
      SYSCALL.invoke((long) numbers.seccomp(), SET_MODE_FILTER, ALL_THREADS, program);
    }
  }

  /** Header, one check for each refused call, the check of a socket's family, allow, refuse. */
  private static List<Step> program(Numbers numbers) {
    int header = numbers.hasX32() ? 4 : 3;
    int family = header + numbers.refused().size();
    int allow = family + 4;
    int refuse = family + 5;
    List<Step> steps = new ArrayList<>();
    steps.add(new Step(LOAD, 0, 0, ARCHITECTURE));
    steps.add(new Step(JUMP_EQUAL, 0, distance(steps, refuse), numbers.architecture()));
    steps.add(new Step(LOAD, 0, 0, NUMBER));
    if (numbers.hasX32()) {
      steps.add(new Step(JUMP_AT_LEAST, distance(steps, refuse), 0, X32));
    }
    for (int number : numbers.refused()) {
      steps.add(new Step(JUMP_EQUAL, distance(steps, refuse), 0, number));
    }
    steps.add(new Step(JUMP_EQUAL, 0, distance(steps, allow), numbers.socket()));
    steps.add(new Step(LOAD, 0, 0, FIRST_ARGUMENT));
    steps.add(new Step(JUMP_EQUAL, distance(steps, allow), 0, AF_UNIX));
    steps.add(new Step(JUMP_EQUAL, 0, distance(steps, refuse), AF_NETLINK));
    steps.add(new Step(RETURN, 0, 0, ALLOW));
    steps.add(new Step(RETURN, 0, 0, NOT_PERMITTED));
    return steps;
  }

  /** A jump counts from the instruction after it. */
  private static int distance(List<Step> before, int target) {
    return target - before.size() - 1;
  }
}
