package org.shieldwall.lab.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.Supplier;

/**
 * One parser, and what must hold for it whatever bytes it is given: it ends with a value or with
 * the exception named, and takes no more memory than a fixed part and a multiple of what it was
 * given; where the value can be printed, what is printed reads as the same value.
 *
 * @param name as {@code ./verify --fuzz} takes it
 * @param named the exception that refuses an input
 * @param seeds genuine inputs, at least one of which is read
 * @param parser reads, and prints where it can
 */
record FuzzTarget(
    String name, Class<? extends Exception> named, Supplier<List<byte[]>> seeds, Parser parser) {
  /** Decoded text, copies of it and the records made of it, with room to spare. */
  private static final long MEMORY = 48L << 20;

  private static final long MEMORY_PER_BYTE = 400;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Reads one input. */
  interface Parser {
    /** Reads it, and checks what can be checked of what was read. */
    void parse(byte[] input) throws Exception;
  }

  static FuzzTarget of(
      String name, Supplier<List<byte[]>> seeds, Parser parser, Class<? extends Exception> named) {
    return new FuzzTarget(name, named, seeds, parser);
  }

  /**
   * Tries one input.
   *
   * @return whether it was read
   * @throws AssertionError with what the parser did that it must not
   */
  boolean accepts(byte[] input) {
    long limit = MEMORY + MEMORY_PER_BYTE * input.length;
    long before = THREADS.getCurrentThreadAllocatedBytes();
    boolean read = parses(input);
    if (THREADS.getCurrentThreadAllocatedBytes() - before > limit) {
      // The first time, classes are loaded too, and changed by the fuzzer.
      before = THREADS.getCurrentThreadAllocatedBytes();
      parses(input);
      long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
      if (taken > limit) {
        throw new AssertionError(
            name + ": " + taken + " bytes of memory for an input of " + input.length);
      }
    }
    return read;
  }

  private boolean parses(byte[] input) {
    try {
      parser.parse(input.clone());
      return true;
    } catch (Exception e) {
      if (!named.isInstance(e)) {
        throw new AssertionError(name + ": " + e, e);
      }
      return false;
    }
  }

  static void require(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
