package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.LONG;
import static org.shieldwall.enclave.posix.SystemCall.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The time since the machine was switched on, with the time it slept; nobody can set it. */
public final class BootClock {
  private static final int CLOCK_BOOTTIME = 7;
  private static final long NANOS = 1_000_000_000L;
  private static final SystemCall CLOCK_GETTIME = SystemCall.of("clock_gettime", INT, INT, POINTER);

  private BootClock() {}

  /** {@return nanoseconds since then (clock_gettime(2), CLOCK_BOOTTIME)} */
  public static long nanos() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(LONG, 2);
      CLOCK_GETTIME.invoke(CLOCK_BOOTTIME, time);
      return time.getAtIndex(LONG, 0) * NANOS + time.getAtIndex(LONG, 1);
    } catch (SystemCallException e) {
      throw new IllegalStateException(e); // every kernel since 2.6.39 has it
    }
  }
}
