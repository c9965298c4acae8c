package org.shieldwall.lab.attack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.demo.Command;

/** The stage's service, which may be killed: then it is started again, on the same folder. */
final class ServiceProcess implements AutoCloseable {
  private static final long START_SECONDS = 60;

  private final Stage stage;
  private @Nullable Process again;

  ServiceProcess(Stage stage) {
    this.stage = stage;
  }

  /** {@return its process}, the first one or the one in its place. */
  Optional<Long> pid() {
    String folder = stage.demo().hgs.toString();
    return ProcessHandle.current()
        .children()
        .filter(ProcessHandle::isAlive)
        .filter(each ->
            commandLine(each.pid()).contains("\0serve\0")
                && commandLine(each.pid()).endsWith("\0" + folder + "\0"))
        .map(ProcessHandle::pid)
        .findFirst();
  }

  private static String commandLine(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cmdline"));
    } catch (IOException gone) {
      return "";
    }
  }

  /** Starts it again, if it has ended, and waits until it serves. */
  void start() throws IOException, InterruptedException {
    if (pid().isPresent()) {
      return;
    }
    Path log = stage.demo().hgsLog;
    Process started = Command.start(log, "hgs", "serve", "--json", "--dir", stage.demo().hgs);
    again = started;
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!Files.readString(log).contains("\"ready\":true")) {
      if (started.waitFor(50, TimeUnit.MILLISECONDS) || System.nanoTime() > limit) {
        throw new IOException("the service does not start again: " + Files.readString(log).strip());
      }
    }
  }

  @Override
  public void close() {
    Process running = again;
    if (running != null) {
      running.destroy();
      running.onExit().join();
    }
  }
}
