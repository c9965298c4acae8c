package org.shieldwall.protector.state;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Memory outside the heap that held content in plain. */
final class Buffers {
  private Buffers() {}

  static void zero(ByteBuffer buffer) {
    buffer.clear();
    MemorySegment.ofBuffer(buffer).fill((byte) 0);
  }
}
