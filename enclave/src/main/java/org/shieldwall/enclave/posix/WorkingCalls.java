package org.shieldwall.enclave.posix;

import java.util.List;

/**
 * The system calls of a thread that does the enclave's work: everything else, and whatever later
 * kernels add, is refused to it and to the threads it starts (seccomp(2)). Such a thread cannot
 * start a program, send a signal to another process, mount, enter a namespace, make this process
 * dumpable again or open a socket of another family than unix. Children are started, and told to
 * end, by {@link Spawner}, which is not under it.
 *
 * <p>The numbers are those of asm/unistd_64.h and asm-generic/unistd.h; -1 where there is none.
 */
public enum WorkingCalls {
  READ(0, 63),
  WRITE(1, 64),
  READV(19, 65),
  WRITEV(20, 66),
  PREAD64(17, 67),
  PWRITE64(18, 68),
  PREADV(295, 69),
  PWRITEV(296, 70),
  LSEEK(8, 62),
  SENDFILE(40, 71),
  COPY_FILE_RANGE(326, 285),
  OPEN(2, -1),
  OPENAT(257, 56),
  CLOSE(3, 57),
  DUP(32, 23),
  DUP2(33, -1),
  DUP3(292, 24),
  FCNTL(72, 25),
  FLOCK(73, 32),
  STAT(4, -1),
  FSTAT(5, 80),
  LSTAT(6, -1),
  NEWFSTATAT(262, 79),
  STATX(332, 291),
  STATFS(137, 43),
  FSTATFS(138, 44),
  ACCESS(21, -1),
  FACCESSAT(269, 48),
  FACCESSAT2(439, 439),
  READLINK(89, -1),
  READLINKAT(267, 78),
  GETCWD(79, 17),
  GETDENTS64(217, 61),
  MKDIR(83, -1),
  MKDIRAT(258, 34),
  RMDIR(84, -1),
  UNLINK(87, -1),
  UNLINKAT(263, 35),
  RENAME(82, -1),
  RENAMEAT(264, 38),
  RENAMEAT2(316, 276),
  LINK(86, -1),
  LINKAT(265, 37),
  SYMLINK(88, -1),
  SYMLINKAT(266, 36),
  CHMOD(90, -1),
  FCHMOD(91, 52),
  FCHMODAT(268, 53),
  UTIMENSAT(280, 88),
  FTRUNCATE(77, 46),
  FALLOCATE(285, 47),
  FSYNC(74, 82),
  FDATASYNC(75, 83),
  FADVISE64(221, 223),
  UMASK(95, 166),
  POLL(7, -1),
  PPOLL(271, 73),
  PIPE2(293, 59),
  EVENTFD2(290, 19),
  MEMFD_CREATE(319, 279),
  MEMFD_SECRET(447, 447),
  CONNECT(42, 203),
  BIND(49, 200),
  LISTEN(50, 201),
  ACCEPT4(288, 242),
  SHUTDOWN(48, 210),
  SENDMSG(46, 211),
  RECVMSG(47, 212),
  SENDTO(44, 206),
  RECVFROM(45, 207),
  GETSOCKOPT(55, 209),
  SETSOCKOPT(54, 208),
  GETSOCKNAME(51, 204),
  GETPEERNAME(52, 205),
  BRK(12, 214),
  MMAP(9, 222),
  MUNMAP(11, 215),
  MREMAP(25, 216),
  MPROTECT(10, 226),
  MADVISE(28, 233),
  MSYNC(26, 227),
  MINCORE(27, 232),
  MLOCK(149, 228),
  MLOCK2(325, 284),
  MUNLOCK(150, 229),
  EXIT(60, 93),
  EXIT_GROUP(231, 94),
  SET_ROBUST_LIST(273, 99),
  GET_ROBUST_LIST(274, 100),
  RSEQ(334, 293),
  SET_TID_ADDRESS(218, 96),
  FUTEX(202, 98),
  MEMBARRIER(324, 283),
  RT_SIGACTION(13, 134),
  RT_SIGPROCMASK(14, 135),
  RT_SIGRETURN(15, 139),
  SIGALTSTACK(131, 132),
  RESTART_SYSCALL(219, 128),
  GETPID(39, 172),
  GETTID(186, 178),
  GETUID(102, 174),
  GETEUID(107, 175),
  GETGID(104, 176),
  GETEGID(108, 177),
  SCHED_YIELD(24, 124),
  SCHED_GETAFFINITY(204, 123),
  SCHED_GETPARAM(143, 121),
  SCHED_GETSCHEDULER(145, 120),
  GETCPU(309, 168),
  GETPRIORITY(140, 141),
  CLOCK_GETTIME(228, 113),
  CLOCK_GETRES(229, 114),
  CLOCK_NANOSLEEP(230, 115),
  NANOSLEEP(35, 101),
  GETTIMEOFDAY(96, 169),
  TIMES(100, 153),
  GETRUSAGE(98, 165),
  GETRLIMIT(97, 163),
  UNAME(63, 160),
  SYSINFO(99, 179),
  GETRANDOM(318, 278),
  WAITID(247, 95),
  WAIT4(61, 260),
  // With conditions, below.
  SOCKET(41, 198),
  SOCKETPAIR(53, 199),
  PRCTL(157, 167),
  TGKILL(234, 131),
  PRLIMIT64(302, 261),
  CLONE(56, 220),
  CLONE3(435, 435);

  private static final List<WorkingCalls> CONDITIONAL =
      List.of(SOCKET, SOCKETPAIR, PRCTL, TGKILL, PRLIMIT64, CLONE, CLONE3);
  private static final int AF_UNIX = 1;
  private static final int PR_GET_DUMPABLE = 3;
  private static final int PR_SET_NAME = 15;
  private static final int CLONE_THREAD = 0x10000;
  private static final int THIS_PROCESS = 0;

  private final int onX86;
  private final int onArm;

  WorkingCalls(int onX86, int onArm) {
    this.onX86 = onX86;
    this.onArm = onArm;
  }

  int on(FilterProgram.Machine machine) {
    return switch (machine) {
      case X86_64 -> onX86;
      case AARCH64 -> onArm;
    };
  }

  /** Allows this thread these calls only, for good, and the threads that it starts. */
  public static void restrictThisThread() throws SystemCallException {
    FilterProgram.Machine machine = FilterProgram.Machine.here();
    FilterProgram program = new FilterProgram(machine);
    for (WorkingCalls call : values()) {
      if (!CONDITIONAL.contains(call) && call.on(machine) != -1) {
        program.on(call.on(machine), FilterProgram.End.ALLOW);
      }
    }
    int own = Math.toIntExact(ProcessHandle.current().pid());
    program
        .allowWith(SOCKET.on(machine), List.of(AF_UNIX))
        .allowWith(SOCKETPAIR.on(machine), List.of(AF_UNIX))
        .allowWith(PRCTL.on(machine), List.of(PR_GET_DUMPABLE, PR_SET_NAME))
        .allowWith(TGKILL.on(machine), List.of(own))
        .allowWith(PRLIMIT64.on(machine), List.of(THIS_PROCESS))
        // A new thread, never a new process. What clone3 is asked for lies in memory, where a
        // filter
        // cannot look: without it the C library takes clone.
        .allowWithBit(CLONE.on(machine), CLONE_THREAD)
        .on(CLONE3.on(machine), FilterProgram.End.UNKNOWN)
        .installForThisThread(FilterProgram.End.REFUSE);
  }

  /** {@return how many there are, those with conditions included} */
  public static int count() {
    return values().length;
  }

  /** {@return whether it holds for this thread: tried with a call that nothing else refuses} */
  public static boolean restrictedHere() {
    try {
      return GETPPID.invoke() < 0;
    } catch (SystemCallException refused) {
      return true;
    }
  }

  private static final SystemCall GETPPID = SystemCall.of("getppid", SystemCall.INT);
}
