package org.shieldwall.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * One line on a terminal that says how far long work is: stage, share, bytes, rate and time left.
 * Prints nothing where standard error is not a terminal, and at most ten times a second.
 */
public final class Progress implements AutoCloseable {
  private static final long INTERVAL_NANOS = 100_000_000;
  private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");
  private static final double MEBIBYTE = 1024.0 * 1024.0;

  private final PrintStream out;
  private final boolean terminal;
  private String stage = "";
  private long started = System.nanoTime();
  private long last;
  private boolean dirty;

  private Progress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** {@return progress on standard error if a person is looking at it} */
  public static Progress onTerminal() {
    return new Progress(System.err, errorIsTerminal());
  }

  /**
   * Where progress goes decides, and not where results go: {@code System.console()} asks for
   * standard input and output, one of which is often a file or a pipe.
   */
  private static boolean errorIsTerminal() {
    try {
      String device = Files.readSymbolicLink(STANDARD_ERROR).toString();
      return device.matches("/dev/(pts/\\d+|tty\\w*|console)");
    } catch (IOException unknown) {
      return false;
    }
  }

  /**
   * Says how far a stage is.
   *
   * @param name what is being done, e.g. {@code writing the disk}
   * @param done bytes done
   * @param total bytes in all; 0 if unknown
   */
  public synchronized void report(String name, long done, long total) {
    long now = System.nanoTime();
    if (!name.equals(stage)) {
      close();
      stage = name;
      started = now;
      last = 0;
    }
    if (!terminal || (now - last < INTERVAL_NANOS && done != total)) {
      return;
    }
    last = now;
    dirty = true;
    out.print("\r\033[K" + line(name, done, total, (now - started) / 1e9));
    out.flush();
  }

  static String line(String name, long done, long total, double seconds) {
    if (total <= 0) {
      return String.format(Locale.ROOT, "%s ... %.0f s", name, seconds);
    }
    double rate = seconds > 0 ? done / MEBIBYTE / seconds : 0;
    double left = rate > 0 ? (total - done) / MEBIBYTE / rate : 0;
    return String.format(
        Locale.ROOT,
        "%s  %3d %%  %.0f of %.0f MiB  %.0f MiB/s  %.0f s left",
        name,
        done * 100 / total,
        done / MEBIBYTE,
        total / MEBIBYTE,
        rate,
        left);
  }

  /** Ends the line, so that what is printed next stands on its own. */
  @Override
  public synchronized void close() {
    if (dirty) {
      out.println();
      dirty = false;
    }
  }
}
