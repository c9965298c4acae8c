package org.shieldwall.protector.state;

import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.atomic.LongAdder;

/** Takes everything and keeps nothing. */
final class CountingSink implements WritableByteChannel {
  private final LongAdder bytes = new LongAdder();

  long count() {
    return bytes.sum();
  }

  @Override
  public int write(ByteBuffer source) {
    int taken = source.remaining();
    source.position(source.limit());
    bytes.add(taken);
    return taken;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {}
}
