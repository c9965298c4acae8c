package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.LONG;
import static org.shieldwall.enclave.posix.SystemCall.POINTER;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process can ask of the kernel about itself. */
public final class ThisProcess {
  private static final int PR_GET_DUMPABLE = 3;
  private static final int PR_SET_DUMPABLE = 4;
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int PR_CAP_AMBIENT = 47;
  private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;
  private static final int RLIMIT_CORE = 4;
  private static final int CURRENT_FUTURE_ON_FAULT = 1 | 2 | 4;

  private static final SystemCall PRCTL =
      SystemCall.variadic("prctl", 1, INT, INT, LONG, LONG, LONG, LONG);
  private static final SystemCall MLOCKALL = SystemCall.of("mlockall", INT, INT);
  private static final SystemCall SETRLIMIT = SystemCall.of("setrlimit", INT, INT, POINTER);
  private static final SystemCall GETUID = SystemCall.of("getuid", INT);

  private ThisProcess() {}

  /** {@return the user this process runs as} */
  public static int uid() {
    try {
      return (int) GETUID.invoke();
    } catch (SystemCallException e) {
      throw new IllegalStateException(e); // getuid(2) cannot fail
    }
  }

  /**
   * No core dump, no attaching debugger of the same user, and {@code /proc} entries that belong to
   * root (prctl(2), PR_SET_DUMPABLE).
   */
  public static void refuseDumps() throws SystemCallException {
    PRCTL.invoke(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
    try (Arena arena = Arena.ofConfined()) {
      // Children inherit the limit and not the other. Zero would stop files only: a dump piped to a
      // program (core(5)) heeds no limit but that of one byte, which the kernel takes for its own.
      MemorySegment limit = arena.allocate(LONG, 2);
      limit.setAtIndex(LONG, 0, 1);
      limit.setAtIndex(LONG, 1, 1);
      SETRLIMIT.invoke(RLIMIT_CORE, limit);
    }
  }

  /** {@return whether {@link #refuseDumps} holds} */
  public static boolean dumpable() throws SystemCallException {
    return PRCTL.invoke(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) != 0;
  }

  /** Keeps every page, present and future, out of swap once it is touched (mlockall(2)). */
  public static void lockMemory() throws SystemCallException {
    MLOCKALL.invoke(CURRENT_FUTURE_ON_FAULT);
  }

  /**
   * Lets no program that this thread starts inherit a capability (capabilities(7)): those of a user
   * other than root pass only through the ambient set. The thread's own stay, because without that
   * of locking memory it could not even grow its stack once all memory is locked.
   */
  static void passOnNoCapabilities() {
    try {
      PRCTL.invoke(PR_CAP_AMBIENT, (long) PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L);
    } catch (SystemCallException e) {
      throw new IllegalStateException("giving up ambient capabilities", e);
    }
  }

  /** Neither this process nor what it starts gains privileges by executing a file. */
  static void gainNoPrivileges() throws SystemCallException {
    PRCTL.invoke(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
  }

  /** {@return the process that traces this one, 0 for none (proc(5), TracerPid)} */
  public static int tracer() throws IOException {
    return Integer.parseInt(status("TracerPid"));
  }

  /** {@return one field of {@code /proc/self/status}} */
  public static String status(String field) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith(field + ":"))
        .map(line -> line.substring(field.length() + 1).strip())
        .findFirst()
        .orElseThrow(() -> new IOException("/proc/self/status lacks " + field));
  }
}
