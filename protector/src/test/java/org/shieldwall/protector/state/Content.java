package org.shieldwall.protector.state;

import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** So many bytes, as a channel that has no end before. */
final class Content implements ReadableByteChannel {
  private long left;

  Content(long length) {
    this.left = length;
  }

  @Override
  public int read(ByteBuffer target) {
    if (left == 0) {
      return -1;
    }
    int count = (int) Math.min(left, Math.min(target.remaining(), 64 << 10));
    target.position(target.position() + count);
    left -= count;
    return count;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {}
}
