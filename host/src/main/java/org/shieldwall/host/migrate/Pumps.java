package org.shieldwall.host.migrate;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.shieldwall.enclave.posix.SystemCallException;
import org.shieldwall.enclave.posix.UnixSocket;

/**
 * Carries what two enclaves say to each other between the network, which they cannot reach, and a
 * socket pair, one end of which is theirs. What passes is sealed.
 */
final class Pumps implements AutoCloseable {
  private static final int CHUNK = 64 << 10;
  private static final Duration STEP = Duration.ofMillis(500);
  private static final Duration SEND = Duration.ofSeconds(60);

  private final UnixSocket ours;
  private final UnixSocket theirs;
  private final Socket network;
  private volatile boolean closed;

  private Pumps(UnixSocket.Pair pair, Socket network) {
    this.ours = pair.here();
    this.theirs = pair.there();
    this.network = network;
  }

  /** Begins; {@code network} stays the caller's. */
  static Pumps between(Socket network) throws IOException {
    network.setSoTimeout(0);
    Pumps pumps = new Pumps(UnixSocket.pair(), network);
    Thread.ofPlatform().daemon().name("migration out").start(pumps::out);
    Thread.ofPlatform().daemon().name("migration in").start(pumps::in);
    return pumps;
  }

  /** {@return the end that is handed to the enclave} */
  UnixSocket forEnclave() {
    return theirs;
  }

  /** The enclave has its own descriptor: when it closes that one, the stream has ended. */
  void handed() {
    theirs.close();
  }

  private void out() {
    byte[] buffer = new byte[CHUNK];
    try {
      while (!closed) {
        if (ours.awaitReadable(STEP)) {
          int count = ours.receiveSome(buffer, 0, buffer.length);
          if (count == 0) {
            network.shutdownOutput();
            return;
          }
          network.getOutputStream().write(buffer, 0, count);
        }
      }
    } catch (IOException | IllegalStateException ended) {
      ours.shutdown(); // the enclave learns of it
    }
  }

  private void in() {
    byte[] buffer = new byte[CHUNK];
    try {
      while (!closed) {
        int count = network.getInputStream().read(buffer);
        if (count < 0) {
          ours.shutdown();
          return;
        }
        ours.send(Arrays.copyOf(buffer, count), List.of(), SEND);
      }
    } catch (SystemCallException gone) {
      // The enclave has had what it wanted.
    } catch (IOException | IllegalStateException ended) {
      ours.shutdown();
    }
  }

  @Override
  public void close() {
    closed = true;
    theirs.close();
    ours.shutdown();
    ours.close();
  }
}
