package org.shieldwall.enclave.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.shieldwall.enclave.posix.UnixSocket;

/**
 * The serial line of a machine whose owner allows one. What the guest writes is always taken, so
 * that it never waits for a reader; the last of it is kept for whoever connects, who then reads
 * along and writes. One at a time: who connects takes the place of who was there.
 */
final class SerialLine implements AutoCloseable {
  private static final int KEPT = 16 * 1024;
  private static final Duration STEP = Duration.ofSeconds(1);
  // A reader that does not read, or a guest that does not, must not hold the line up.
  private static final Duration SEND = Duration.ofSeconds(2);

  private final UnixSocket machine;
  private byte[] last = {};
  private Optional<UnixSocket> terminal = Optional.empty();
  private volatile boolean closed;

  private SerialLine(UnixSocket machine) {
    this.machine = machine;
  }

  /** Begins to take what the machine writes. */
  static SerialLine of(UnixSocket machine) {
    SerialLine line = new SerialLine(machine);
    Thread.ofPlatform().daemon().name("serial").start(line::fromMachine);
    return line;
  }

  /** Connects a terminal, which the line owns from now on, and tells it what came before. */
  void connect(UnixSocket reader) throws IOException {
    synchronized (this) {
      if (closed) {
        reader.close();
        throw new WorkerException("the machine has ended");
      }
      terminal.ifPresent(UnixSocket::shutdown);
      terminal = Optional.of(reader);
      write(last);
    }
    Thread.ofPlatform().daemon().name("serial input").start(() -> fromTerminal(reader));
  }

  private void fromMachine() {
    byte[] buffer = new byte[4096];
    try {
      while (!closed) {
        if (machine.awaitReadable(STEP)) {
          int count = machine.receiveSome(buffer, 0, buffer.length);
          if (count == 0) {
            break;
          }
          take(Arrays.copyOf(buffer, count));
        }
      }
    } catch (IOException | IllegalStateException e) {
      // The machine has ended.
    } finally {
      close();
      machine.close(); // here alone: nobody else polls it
    }
  }

  private synchronized void take(byte[] bytes) {
    byte[] all = Arrays.copyOf(last, last.length + bytes.length);
    System.arraycopy(bytes, 0, all, last.length, bytes.length);
    last = Arrays.copyOfRange(all, Math.max(0, all.length - KEPT), all.length);
    write(bytes);
  }

  private void write(byte[] bytes) {
    terminal.ifPresent(reader -> {
      try {
        reader.send(bytes, List.of(), SEND);
      } catch (IOException | IllegalStateException e) {
        reader.shutdown(); // its own thread closes it
        terminal = Optional.empty();
      }
    });
  }

  private void fromTerminal(UnixSocket reader) {
    byte[] buffer = new byte[256];
    try (reader) {
      while (!closed) {
        if (reader.awaitReadable(STEP)) {
          int count = reader.receiveSome(buffer, 0, buffer.length);
          if (count == 0) {
            break;
          }
          machine.send(Arrays.copyOf(buffer, count), List.of(), SEND);
        }
      }
    } catch (IOException | IllegalStateException e) {
      // Either end has gone.
    } finally {
      synchronized (this) {
        if (terminal.equals(Optional.of(reader))) {
          terminal = Optional.empty();
        }
      }
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    terminal.ifPresent(UnixSocket::shutdown);
    machine.shutdown();
  }
}
