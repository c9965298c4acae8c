package org.shieldwall.cli.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A host of the demonstration: its directory, and its agent while it runs. */
public final class GuardedHost implements AutoCloseable {
  private static final long START_SECONDS = 60;
  private static final long STOP_SECONDS = 130;

  private final Path directory;
  private final Path log;
  private @Nullable Process agent;

  /** A host in {@code directory}, not set up yet. */
  public GuardedHost(Path directory) {
    this.directory = directory;
    this.log = directory.resolveSibling(directory.getFileName() + "-agent.log");
  }

  /** {@return where everything of this host is} */
  public Path directory() {
    return directory;
  }

  /** {@return where its VMs are} */
  public Path store() {
    return directory.resolve("vms");
  }

  /** Runs a command of this host. */
  public Command.Result run(Object... words) {
    List<Object> line = new ArrayList<>(List.of(words));
    line.add("--dir");
    line.add(directory);
    return Command.run(line.toArray());
  }

  /** Starts the agent, and with it the enclave, and waits until it serves. */
  public void start() throws IOException, InterruptedException {
    Process started = Command.start(log, "host", "serve", "--json", "--dir", directory);
    agent = started;
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!serves()) {
      if (started.waitFor(50, TimeUnit.MILLISECONDS) || System.nanoTime() > limit) {
        throw new StepFailure("the agent did not start: " + Files.readString(log).strip());
      }
    }
  }

  private boolean serves() throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(log)) {
      return lines.lines().anyMatch(line -> line.contains("\"ready\":true"));
    }
  }

  @Override
  public void close() {
    Process running = agent;
    if (running == null) {
      return;
    }
    agent = null;
    running.destroy();
    try {
      if (!running.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        running.destroyForcibly();
      }
    } catch (InterruptedException stopped) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
