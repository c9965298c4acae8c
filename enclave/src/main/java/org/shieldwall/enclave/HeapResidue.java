package org.shieldwall.enclave;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * What secrets leave on the heap. Our own copies are zeroed after use, but the JDK's ciphers keep
 * some of their own, and the collector copies what it moves. So after each piece of work with
 * secrets the heap is collected, and the free memory behind what lives is written over: by then no
 * key is found in it (the attack suite searches).
 *
 * <p>This rests on the serial collector with the options of {@code EnclaveLaunch}: nothing survives
 * in the young generation, large arrays are made in the old one, and both are contiguous.
 */
final class HeapResidue {
  private static final int SMALL = 1 << 10;
  private static final int LARGE = 1 << 20;
  private static final LinkedBlockingQueue<Boolean> WANTED = new LinkedBlockingQueue<>(1);

  static {
    Thread.ofPlatform().daemon().name("residue").start(HeapResidue::run);
  }

  private HeapResidue() {}

  /** Has it written over, soon; several wishes at once are one. */
  static void clearSoon() {
    boolean _ = WANTED.offer(true);
  }

  private static void run() {
    while (true) {
      try {
        Boolean _ = WANTED.take();
        clear();
      } catch (InterruptedException e) {
        // Nobody interrupts this thread on purpose; it goes on.
      }
    }
  }

  /** Collects, and writes over what is free. {@return how many bytes were} */
  static long clear() {
    System.gc();
    long written = fill("Eden Space", SMALL);
    return written + fill("Tenured Gen", LARGE);
  }

  private static long fill(String name, int size) {
    Optional<MemoryPoolMXBean> pool =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(each -> each.getName().equals(name))
            .findFirst();
    if (pool.isEmpty()) {
      return 0;
    }
    MemoryUsage before = pool.get().getUsage();
    long free = before.getCommitted() - before.getUsed();
    // Held until the end, so that the compiler cannot leave them out.
    List<byte[]> zeros = new ArrayList<>();
    for (int each = size; each >= SMALL; each /= 2) {
      while (free > each && !full(pool.get(), each)) {
        zeros.add(new byte[each]); // zero throughout
        free -= each;
      }
    }
    return zeros.stream().mapToLong(array -> array.length).sum();
  }

  private static boolean full(MemoryPoolMXBean pool, int size) {
    MemoryUsage now = pool.getUsage();
    return now.getUsed() + size > now.getCommitted();
  }
}
