package org.shieldwall.enclave.posix;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** A {@link UnixSocket} as a channel, every read of which has a limit. */
public final class UnixChannel implements ByteChannel {
  private final UnixSocket socket;
  private final Duration limit;
  private boolean open = true;

  /**
   * Takes over {@code socket}.
   *
   * @param limit of each read and write
   */
  public UnixChannel(UnixSocket socket, Duration limit) {
    this.socket = socket;
    this.limit = limit;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    if (!socket.awaitReadable(limit)) {
      throw new SocketTimeoutException("no answer within " + limit.toSeconds() + " s");
    }
    byte[] bytes = new byte[target.remaining()];
    int count = socket.receiveSome(bytes, 0, bytes.length);
    target.put(bytes, 0, count);
    Arrays.fill(bytes, (byte) 0);
    return count == 0 && bytes.length > 0 ? -1 : count;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    byte[] bytes = new byte[source.remaining()];
    source.get(bytes);
    try {
      socket.send(bytes, List.of(), limit);
      return bytes.length;
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
    socket.close();
  }
}
