package org.shieldwall.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.shieldwall.cli.Failure;

/** The demonstration template: built once by {@code guest/build-template}, then kept. */
public final class TemplateBuild {
  private TemplateBuild() {}

  /** {@return the folder with the template, built if it is missing or older than its sources} */
  public static Path ensure(Path home) {
    Path script = home.resolve("guest/build-template");
    Path output = home.resolve("build/guest");
    if (!Files.isExecutable(script)) {
      throw new Failure(
          "there is no " + script,
          "start the demonstration by ./shieldwall demo in a checkout",
          Failure.ENVIRONMENT);
    }
    try {
      Files.createDirectories(output.getParent());
      Process build =
          new ProcessBuilder(script.toString(), "--output", output.toString())
              .redirectOutput(ProcessBuilder.Redirect.to(home.resolve("build/guest.log").toFile()))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      if (build.waitFor() != 0) {
        throw new Failure(
            "the template could not be built", "see the messages above", Failure.ENVIRONMENT);
      }
      return output;
    } catch (IOException problem) {
      throw new Failure(
          script + " cannot be run: " + problem.getMessage(), "", Failure.ENVIRONMENT);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new Failure("interrupted", "", Failure.REFUSED);
    }
  }
}
