package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.LONG;

import java.util.List;
import java.util.Map;

/** A program that puts the filter on itself and then tries things; prints what became of each. */
final class FilterTrial {
  private static final SystemCall SOCKET = SystemCall.of("socket", INT, INT, INT, INT);
  private static final SystemCall PTRACE =
      SystemCall.variadic("ptrace", 1, LONG, LONG, LONG, LONG, LONG);

  private FilterTrial() {}

  private interface Attempt {
    void run() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    tryAll("before");
    SystemCallFilter.install();
    tryAll("after");
    // A thread that was there before, and a program started now.
    ChildProcess child =
        ChildProcess.start(
            List.of("/bin/grep", "Seccomp:", "/proc/self/status"), Map.of(), List.of());
    child.exit().get();
    System.out.println("child " + child.tail().replaceAll("\\s+", " "));
  }

  private static void tryAll(String when) {
    attempt(when + " inet", () -> SOCKET.invoke(2, 1, 0));
    attempt(when + " packet", () -> SOCKET.invoke(17, 3, 0));
    attempt(when + " unix", () -> SOCKET.invoke(1, 1, 0));
    attempt(when + " netlink", () -> SOCKET.invoke(16, 3, 0));
    attempt(when + " ptrace", () -> PTRACE.invoke(17L, 1L, 0L, 0L)); // PTRACE_DETACH from init
  }

  private static void attempt(String name, Attempt attempt) {
    try {
      attempt.run();
      System.out.println(name + " works");
    } catch (Exception e) {
      System.out.println(name + " " + e.getMessage());
    }
  }
}
