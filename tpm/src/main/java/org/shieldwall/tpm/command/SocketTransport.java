package org.shieldwall.tpm.command;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * The data channel of {@code swtpm socket}: plain TPM commands and responses on a stream. An swtpm
 * serves one client at a time; a second one waits until the first has closed.
 */
public final class SocketTransport implements TpmTransport {
  private final ByteChannel channel;

  private SocketTransport(ByteChannel channel) {
    this.channel = channel;
  }

  /** {@return the swtpm listening at the unix socket {@code path}} */
  public static SocketTransport connect(Path path) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      channel.close();
      throw new IOException("no swtpm answers at " + path + ": " + e.getMessage(), e);
    }
    return over(channel);
  }

  /** {@return the swtpm at the other end of {@code channel}, which it now owns} */
  public static SocketTransport over(ByteChannel channel) {
    return new SocketTransport(channel);
  }

  @Override
  public byte[] transmit(byte[] command) throws IOException {
    ByteBuffer out = ByteBuffer.wrap(command);
    while (out.hasRemaining()) {
      channel.write(out);
    }
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    fill(header);
    int size = header.getInt(2);
    if (size < HEADER || size > MAX_RESPONSE) {
      throw new IOException("the TPM announced a response of " + (size & 0xFFFFFFFFL) + " bytes");
    }
    ByteBuffer response = ByteBuffer.allocate(size).put(header.flip());
    fill(response);
    return response.array();
  }

  private void fill(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the swtpm closed its data channel");
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
