package org.shieldwall.enclave;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.shieldwall.enclave.posix.HiddenMemory;
import org.shieldwall.enclave.posix.SystemCallException;
import org.shieldwall.protector.secret.SecretArena;

/**
 * Secrets in pages that no other process can read. The pages are mapped once and cut into slots; a
 * longer secret gets pages of its own, which are kept for the next one of that size.
 */
final class HiddenArena implements SecretArena {
  private static final int PAGE = 4096;
  private static final int SLAB = 16 * PAGE;
  private static final int SLOT = 256;
  private static final int LARGEST = 16 << 20;

  private final Deque<MemorySegment> freeSlots = new ArrayDeque<>();
  private final List<MemorySegment> freeRegions = new ArrayList<>();
  private HiddenMemory.Kind weakest = HiddenMemory.Kind.MEMFD_SECRET;

  /** Maps the first pages, so that a machine without any is found out at the start. */
  HiddenArena() throws SystemCallException {
    addSlots();
  }

  /** {@return how the pages are hidden; the weaker kind if both are in use} */
  synchronized HiddenMemory.Kind kind() {
    return weakest;
  }

  @Override
  public synchronized Region allocate(int length) {
    if (length > LARGEST) {
      throw new IllegalArgumentException("a secret of " + length + " bytes");
    }
    try {
      MemorySegment home = length <= SLOT ? slot() : region(length);
      return new Region(home.asSlice(0, length), () -> release(home));
    } catch (SystemCallException e) {
      throw new IllegalStateException("no memory for a secret: " + e.getMessage(), e);
    }
  }

  private synchronized void release(MemorySegment home) {
    if (home.byteSize() == SLOT) {
      freeSlots.push(home);
    } else {
      freeRegions.add(home);
    }
  }

  private MemorySegment slot() throws SystemCallException {
    if (freeSlots.isEmpty()) {
      addSlots();
    }
    return freeSlots.pop();
  }

  private MemorySegment region(int length) throws SystemCallException {
    for (MemorySegment free : freeRegions) {
      if (free.byteSize() >= length && free.byteSize() < 2L * length + PAGE) {
        freeRegions.remove(free);
        return free;
      }
    }
    return map((length + PAGE - 1L) / PAGE * PAGE);
  }

  private void addSlots() throws SystemCallException {
    MemorySegment slab = map(SLAB);
    for (long at = 0; at < SLAB; at += SLOT) {
      freeSlots.push(slab.asSlice(at, SLOT));
    }
  }

  private MemorySegment map(long bytes) throws SystemCallException {
    HiddenMemory.Region region = HiddenMemory.map(bytes);
    if (region.kind() == HiddenMemory.Kind.LOCKED) {
      weakest = HiddenMemory.Kind.LOCKED;
    }
    return region.pages();
  }
}
