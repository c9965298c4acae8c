package org.shieldwall.lab.attack;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Map;

/** syscall(2), for what an attacker would write in C. */
enum RawCall {
  CLOSE(3, 57),
  BPF(321, 280),
  PERF_EVENT_OPEN(298, 241),
  PIDFD_OPEN(434, 434),
  PIDFD_GETFD(438, 438),
  PROCESS_MADVISE(440, 440);

  private static final long UNUSED = 0;
  private static final int ARGUMENTS = 6;
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle SYSCALL = link();
  private static final Map<Integer, String> NAMES =
      Map.of(1, "EPERM", 3, "ESRCH", 9, "EBADF", 13, "EACCES", 22, "EINVAL", 38, "ENOSYS");

  private final long amd64;
  private final long arm64;

  RawCall(long amd64, long arm64) {
    this.amd64 = amd64;
    this.arm64 = arm64;
  }

  /** The kernel refused. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    RefusedException(RawCall call, int errno) {
      super(
          call.name().toLowerCase(java.util.Locale.ROOT)
              + " fails with "
              + NAMES.getOrDefault(errno, "error " + errno));
    }
  }

  private static MethodHandle link() {
    ValueLayout[] all = new ValueLayout[ARGUMENTS + 1];
    Arrays.fill(all, ValueLayout.JAVA_LONG);
    Linker linker = Linker.nativeLinker();
    return linker
        .downcallHandle(
            linker.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, all),
            Linker.Option.captureCallState("errno"),
            Linker.Option.firstVariadicArg(1))
        .asSpreader(long[].class, ARGUMENTS + 1);
  }

  /** Calls; at most six arguments. {@return what it returned} */
  long call(long... arguments) throws RefusedException {
    long[] all = new long[ARGUMENTS + 1];
    Arrays.fill(all, UNUSED);
    all[0] = "aarch64".equals(System.getProperty("os.arch")) ? arm64 : amd64;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long result = (long) SYSCALL.invokeExact(state, all);
      if (result == -1) {
        throw new RefusedException(this, (int) ERRNO.get(state, 0L));
      }
      return result;
    } catch (RefusedException | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
