package org.shieldwall.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs a stock program that judges what we wrote; a test that needs a missing one is skipped. */
public final class Program {
  /** How a program ended and what it said, standard error included. */
  public record Outcome(int exit, String output) {}

  private Program() {}

  /** Skips the test, visibly, where {@code name} is not installed. */
  public static String require(String name, String debianPackage) {
    Path found =
        Stream.of(System.getenv("PATH").split(":"), new String[] {"/usr/sbin", "/sbin"})
            .flatMap(Stream::of)
            .map(folder -> Path.of(folder, name))
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(Path.of(name));
    assumeTrue(Files.isExecutable(found), name + " is missing: apt-get install " + debianPackage);
    return found.toString();
  }

  /** Runs a program to its end, at most a minute, with nothing on its standard input. */
  public static Outcome run(String... command) throws IOException, InterruptedException {
    File output = File.createTempFile("program", ".out");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .redirectOutput(output)
              .start();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("still running: " + List.of(command));
      }
      return new Outcome(
          process.exitValue(), Files.readString(output.toPath(), StandardCharsets.ISO_8859_1));
    } finally {
      Files.delete(output.toPath());
    }
  }

  /** Runs a program that must succeed; {@return what it said} */
  public static String succeed(String... command) throws IOException, InterruptedException {
    Outcome outcome = run(command);
    assertThat(outcome.exit()).as("%s: %s", List.of(command), outcome.output()).isZero();
    return outcome.output();
  }
}
