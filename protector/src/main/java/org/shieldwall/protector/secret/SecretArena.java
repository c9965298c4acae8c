package org.shieldwall.protector.secret;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Where secrets live. The plain one is ordinary memory outside the Java heap; a process that has
 * something better ({@code memfd_secret}, locked pages) supplies its own.
 */
@FunctionalInterface
public interface SecretArena {
  /**
   * Memory for one secret.
   *
   * @param bytes exactly the length asked for, accessible from any thread
   * @param release gives the memory back; called once, after the bytes have been zeroed
   */
  record Region(MemorySegment bytes, Runnable release) {}

  /** {@return new memory of {@code length} bytes} */
  Region allocate(int length);

  /** {@return the arena of ordinary off-heap memory} */
  @SuppressWarnings("MustBeClosed") // closed by the secret, through release
  static SecretArena plain() {
    return length -> {
      Arena arena = Arena.ofShared();
      return new Region(arena.allocate(length), arena::close);
    };
  }
}
