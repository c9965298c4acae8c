package org.shieldwall.enclave.posix;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;

/**
 * A pipe or socket as a channel that reads and writes memory outside the heap without a copy on it
 * (buffers on the heap, for the few bytes of headers, take a copy), and every wait of which has a
 * limit: who does not go on for so long is given up.
 */
public final class DescriptorChannel implements ByteChannel {
  private final Descriptor descriptor;
  private final Duration limit;
  private volatile boolean open = true;

  /**
   * Takes over {@code descriptor}.
   *
   * @param limit of each read and write
   */
  public DescriptorChannel(Descriptor descriptor, Duration limit) {
    this.descriptor = descriptor;
    this.limit = limit;
  }

  /** Reads what is there; {@return how many bytes, -1 at the end} */
  @Override
  public int read(ByteBuffer target) throws IOException {
    if (!target.hasRemaining()) {
      return 0;
    }
    await(false);
    if (!target.isDirect()) {
      ByteBuffer copy = ByteBuffer.allocateDirect(target.remaining());
      int count = descriptor.read(MemorySegment.ofBuffer(copy));
      target.put(copy.limit(count));
      return count == 0 ? -1 : count;
    }
    int count = descriptor.read(MemorySegment.ofBuffer(target));
    target.position(target.position() + count);
    return count == 0 ? -1 : count;
  }

  /** Writes all of {@code source}. */
  @Override
  public int write(ByteBuffer source) throws IOException {
    int all = source.remaining();
    ByteBuffer rest = source;
    if (!source.isDirect()) {
      rest = ByteBuffer.allocateDirect(all).put(source).flip();
    }
    while (rest.hasRemaining()) {
      await(true);
      int count = descriptor.writeSome(MemorySegment.ofBuffer(rest));
      rest.position(rest.position() + count);
    }
    return all;
  }

  private void await(boolean writing) throws IOException {
    if (!UnixSocket.await(descriptor, writing, limit)) {
      throw new SocketTimeoutException(
          "the other side did not "
              + (writing ? "read" : "write")
              + " within "
              + limit.toSeconds()
              + " s");
    }
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
    descriptor.close();
  }
}
