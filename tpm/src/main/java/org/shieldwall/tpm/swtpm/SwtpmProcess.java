package org.shieldwall.tpm.swtpm;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;

/** An swtpm that this program started and ends: by {@link #close}, or at its own end. */
public final class SwtpmProcess implements AutoCloseable {
  /** Length of the key of an encrypted state, in bytes. */
  public static final int KEY_SIZE = 32;

  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
  private static final int LOG_TAIL = 2000;

  /** Ended with this program, however it ends short of a kill: nobody else knows about them. */
  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> RUNNING.forEach(Process::destroyForcibly), "end swtpm processes"));
  }

  private final SwtpmOptions options;
  private final Process process;

  private SwtpmProcess(SwtpmOptions options, Process process) {
    this.options = options;
    this.process = process;
    RUNNING.add(process);
    var _ = process.onExit().thenAccept(RUNNING::remove);
  }

  /** {@return an swtpm whose state files are not encrypted, ready for its first client} */
  public static SwtpmProcess start(SwtpmOptions options) throws IOException {
    return start(options, options.commandLine(false), ByteBuffer.allocate(0));
  }

  /**
   * {@return an swtpm whose state files are encrypted, ready for its first client}
   *
   * @param key {@value #KEY_SIZE} bytes, best in memory outside the Java heap: they go from there
   *     to the process's standard input, and into no argument, environment variable or file
   */
  public static SwtpmProcess start(SwtpmOptions options, ByteBuffer key) throws IOException {
    if (key.remaining() != KEY_SIZE) {
      throw new IllegalArgumentException("a key of " + key.remaining() + " bytes");
    }
    return start(options, options.commandLine(true), key.duplicate());
  }

  private static SwtpmProcess start(SwtpmOptions options, List<String> commandLine, ByteBuffer key)
      throws IOException {
    Files.deleteIfExists(options.controlSocketPath());
    Files.deleteIfExists(options.dataSocketPath());
    ProcessBuilder builder = new ProcessBuilder(commandLine);
    builder.redirectErrorStream(true).redirectOutput(options.logPath().toFile());
    SwtpmProcess started;
    try {
      started = new SwtpmProcess(options, builder.start());
    } catch (IOException e) {
      throw new SwtpmException(
          "swtpm cannot be started (" + e.getMessage() + "): install the package swtpm", e);
    }
    try {
      if (key.hasRemaining()) {
        started.hand(key);
      }
      started.process.getOutputStream().close();
      started.awaitSocket();
      started.awaitAnswer();
      return started;
    } catch (IOException | RuntimeException e) {
      started.kill();
      throw e;
    }
  }

  /**
   * Writes the key into the pipe that is the process's standard input. Through a channel of its
   * own, because {@link Process#getOutputStream} would keep a copy in a buffer on the heap.
   */
  private void hand(ByteBuffer key) throws IOException {
    Path pipe = Path.of("/proc", Long.toString(process.pid()), "fd", "0");
    try (FileChannel channel = FileChannel.open(pipe, StandardOpenOption.WRITE)) {
      while (key.hasRemaining()) {
        channel.write(key);
      }
    } catch (IOException e) {
      throw new SwtpmException("swtpm did not take its key: " + e.getMessage() + tail(), e);
    }
  }

  private void awaitSocket() throws IOException {
    Path socket = options.dataSocket() ? options.dataSocketPath() : options.controlSocketPath();
    long limit = System.nanoTime() + START_LIMIT.toNanos();
    while (!Files.exists(socket) || !Files.exists(options.controlSocketPath())) {
      try {
        if (process.waitFor(5, TimeUnit.MILLISECONDS)) {
          throw new SwtpmException("swtpm ended with exit code " + process.exitValue() + tail());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new SwtpmException("interrupted while swtpm was starting", e);
      }
      if (System.nanoTime() > limit) {
        throw new SwtpmException("swtpm did not open " + socket + " in " + START_LIMIT + tail());
      }
    }
  }

  /**
   * The sockets are there before the TPM has been powered on, and stay there for a moment when that
   * fails, as it does under the wrong key; the first answer comes after it.
   */
  private void awaitAnswer() throws IOException {
    try (SwtpmControl control = firstControl()) {
      control.config();
    } catch (IOException e) {
      boolean ended = await(STOP_LIMIT);
      String how = ended ? "ended with exit code " + process.exitValue() : "does not answer";
      throw new SwtpmException("swtpm " + how + tail(), e);
    }
  }

  /** A socket has its name a moment before it takes connections: until then it refuses them. */
  private SwtpmControl firstControl() throws IOException {
    long limit = System.nanoTime() + START_LIMIT.toNanos();
    while (true) {
      try {
        return control();
      } catch (SwtpmException e) {
        boolean early = e.getCause() instanceof ConnectException && System.nanoTime() < limit;
        if (!early || await(Duration.ofMillis(5))) {
          throw e;
        }
      }
    }
  }

  /** {@return the process's id} */
  public long pid() {
    return process.pid();
  }

  /** {@return whether the process is there} */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** {@return how it was started} */
  public SwtpmOptions options() {
    return options;
  }

  /** {@return a new connection to the control channel} */
  public SwtpmControl control() throws IOException {
    return SwtpmControl.connect(options.controlSocketPath());
  }

  /** {@return the TPM itself, started; close it before the next caller connects} */
  public Tpm connect() throws IOException, TpmException {
    return Tpm.swtpm(options.dataSocketPath());
  }

  /** Ends the process at once, as a loss of power would. */
  public void kill() {
    process.destroyForcibly();
    await(STOP_LIMIT);
  }

  /** Ends the process in order, and at once if it does not answer. */
  @Override
  public void close() {
    if (process.isAlive()) {
      try (SwtpmControl control = control()) {
        control.shutdown();
      } catch (IOException e) {
        // Another client holds the control channel, or the process is just ending.
        process.destroy();
      }
    }
    if (!await(STOP_LIMIT)) {
      kill();
    }
  }

  private boolean await(Duration limit) {
    try {
      return process.waitFor(limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }

  private String tail() {
    try {
      String text = Files.readString(options.logPath(), StandardCharsets.UTF_8).strip();
      String end = text.substring(Math.max(0, text.length() - LOG_TAIL));
      return end.isEmpty() ? "" : "; it said: " + end;
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      return "; its log cannot be read: " + e.getMessage();
    }
  }
}
