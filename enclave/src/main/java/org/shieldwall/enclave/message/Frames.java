package org.shieldwall.enclave.message;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.UnixSocket;

/** One message: its length in 4 bytes, big-endian, then that many bytes. */
public final class Frames {
  /** The largest message. */
  public static final int LARGEST = 16 << 20;

  private Frames() {}

  /** A message longer than is read. */
  public static final class TooLargeException extends IOException {
    TooLargeException(long length, int limit) {
      super("a message of " + length + " bytes was announced; at most " + limit + " are read");
    }
  }

  /** Sends one message. */
  public static void send(
      UnixSocket socket, byte[] body, List<Descriptor> descriptors, Duration limit)
      throws IOException {
    if (body.length > LARGEST) {
      throw new TooLargeException(body.length, LARGEST);
    }
    byte[] frame = ByteBuffer.allocate(4 + body.length).putInt(body.length).put(body).array();
    socket.send(frame, descriptors, limit);
  }

  /**
   * Receives one message of at most {@code largest} bytes.
   *
   * @param begin how long to wait for it to begin
   * @param whole how long it may then take
   */
  public static byte[] receive(UnixSocket socket, int largest, Duration begin, Duration whole)
      throws IOException {
    long length = ByteBuffer.wrap(socket.receive(4, begin)).getInt() & 0xFFFF_FFFFL;
    if (length > largest) {
      throw new TooLargeException(length, largest);
    }
    return socket.receive((int) length, whole);
  }
}
