package org.shieldwall.cli.vm;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** This process's terminal, passing every key on as it is pressed; nothing where there is none. */
final class RawTerminal implements AutoCloseable {
  private final String before;

  private RawTerminal(String before) {
    this.before = before;
  }

  static RawTerminal ofThisProcess() throws IOException {
    if (!Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false)) {
      return new RawTerminal("");
    }
    String before = stty("-g").strip();
    if (!before.isEmpty()) {
      stty("raw", "-echo");
    }
    return new RawTerminal(before);
  }

  boolean isRaw() {
    return !before.isEmpty();
  }

  private static String stty(String... arguments) throws IOException {
    List<String> line = new ArrayList<>(List.of("stty"));
    line.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(line).redirectInput(ProcessBuilder.Redirect.INHERIT).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    if (isRaw()) {
      stty(before);
    }
  }
}
