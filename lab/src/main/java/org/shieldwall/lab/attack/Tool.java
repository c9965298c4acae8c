package org.shieldwall.lab.attack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs an attacker would use. */
final class Tool {
  private static final List<String> PLACES =
      List.of("/usr/bin", "/usr/sbin", "/bin", "/sbin", System.getProperty("java.home") + "/bin");

  private Tool() {}

  /** What a program said, both streams, and its exit code. */
  record Said(int exitCode, String text) {
    /** {@return the line that holds {@code word}, or the last} */
    String line(String word) {
      return text.lines().filter(line -> line.contains(word)).findFirst().orElseGet(this::last);
    }

    /** {@return the last line, or the exit code where it said nothing} */
    String last() {
      return text.lines()
          .filter(line -> !line.isBlank())
          .reduce((first, second) -> second)
          .map(String::strip)
          .orElse("exit code " + exitCode);
    }
  }

  /** {@return the path of a program} Whoever lacks it cannot play the attack. */
  static String path(String name) {
    return PLACES.stream()
        .map(place -> Path.of(place, name))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElseThrow(() -> new Attack.NotHereException(name + " is not installed"));
  }

  /** Runs a program to its end, for a minute at most. */
  static Said run(String name, String... arguments) throws IOException, InterruptedException {
    List<String> line = new java.util.ArrayList<>(List.of(path(name)));
    line.addAll(List.of(arguments));
    Path output = Files.createTempFile("attack", ".out");
    try {
      Process process =
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        return new Said(-1, "did not end within a minute");
      }
      return new Said(
          process.exitValue(), new String(Files.readAllBytes(output), StandardCharsets.ISO_8859_1));
    } finally {
      Files.deleteIfExists(output);
    }
  }
}
