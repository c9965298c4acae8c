package org.shieldwall.enclave.worker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.shieldwall.enclave.posix.UnixSocket;

/** Opens the reader of QEMU's monitor to its fuzz target. */
public final class MonitorReading {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** Not JSON: ends the channel if nothing before has. */
  private static final byte[] END = "\n!\n".getBytes(StandardCharsets.US_ASCII);

  private MonitorReading() {}

  /** Gives the channel everything that a monitor may say, and asks it for the status. */
  public static void read(byte[] said) throws IOException {
    UnixSocket.Pair pair = UnixSocket.pair();
    try (UnixSocket monitor = pair.there()) {
      monitor.send(said, List.of(), LIMIT);
      monitor.send(END, List.of(), LIMIT);
      try (QmpChannel channel = QmpChannel.open(pair.here(), LIMIT, _ -> {})) {
        channel.status(LIMIT);
      }
    } finally {
      pair.here().close();
    }
  }
}
