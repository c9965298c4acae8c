package org.shieldwall.enclave.posix;

import java.util.List;

/**
 * System calls that neither this process nor anything it starts has a use for, refused from now on
 * (seccomp(2)): those that look into other processes, change the kernel, its clock or its keys, and
 * sockets of every family but unix and netlink. The list names what is refused, because a Java
 * runtime's own threads and QEMU use too much to list what is allowed; {@link WorkingCalls} does
 * that for the threads that do the enclave's work.
 */
public final class SystemCallFilter {
  private static final int AF_UNIX = 1;
  private static final int AF_NETLINK = 16; // bubblewrap sets its loopback up with it

  private SystemCallFilter() {}

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

  /** Refuses them for every thread of this process, and for what they start, for good. */
  public static void install() throws SystemCallException {
    FilterProgram.Machine machine = FilterProgram.Machine.here();
    FilterProgram program = new FilterProgram(machine);
    for (int number :
        switch (machine) {
          case X86_64 -> X86_64;
          case AARCH64 -> AARCH64;
        }) {
      program.on(number, FilterProgram.End.REFUSE);
    }
    program
        .allowWith(WorkingCalls.SOCKET.on(machine), List.of(AF_UNIX, AF_NETLINK))
        .installForAll(FilterProgram.End.ALLOW);
  }
}
