package org.shieldwall.lab.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Holds this process, and those it starts meanwhile, to a single processor: compilers and garbage
 * collectors of what is measured as well. Closed, it is where it was.
 */
final class OneProcessor implements AutoCloseable {
  private static final Pattern LIST = Pattern.compile("affinity list: ([\\d,-]+)");

  private final String before;
  private final String only;

  private OneProcessor(String before, String only) {
    this.before = before;
    this.only = only;
  }

  /** {@return this process on the first of its processors}; fails where that cannot be had. */
  static OneProcessor hold() throws IOException, InterruptedException {
    Matcher list = LIST.matcher(taskset("-cp"));
    if (!list.find()) {
      throw new IOException("taskset does not say where this process runs");
    }
    String before = list.group(1);
    String only = before.split("[,-]", 2)[0];
    taskset("-acp", only);
    return new OneProcessor(before, only);
  }

  /** {@return its number} */
  String number() {
    return only;
  }

  @Override
  public void close() throws IOException {
    try {
      taskset("-acp", before);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String taskset(String... words) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("taskset"));
    line.addAll(List.of(words));
    line.add(String.valueOf(ProcessHandle.current().pid()));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("taskset: " + said.strip() + "; apt-get install util-linux");
    }
    return said;
  }
}
