package org.shieldwall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person sees of long work. */
class ProgressTest {
  private static final String SHOWN = "writing the disk   50 %";

  @TempDir Path folder;

  /** A command that works for a while and then gives its result. */
  static final class Work {
    public static void main(String[] arguments) {
      try (Progress progress = Progress.onTerminal()) {
        progress.report("writing the disk", 1 << 20, 2 << 20);
      }
      System.out.println("the result");
    }
  }

  @Test
  void progressSaysShareRateAndTimeLeft() {
    assertThat(Progress.line("writing the disk", 50 << 20, 200 << 20, 2.0))
        .isEqualTo("writing the disk   25 %  50 of 200 MiB  25 MiB/s  6 s left");
    assertThat(Progress.line("starting", 0, 0, 3.0)).isEqualTo("starting ... 3 s");
  }

  @Test
  void aPersonWhoKeepsTheResultInAFileStillSeesProgress() throws Exception {
    Path result = folder.resolve("result");
    assertThat(onTerminal(">" + result + " </dev/null")).contains(SHOWN);
    assertThat(result).hasContent("the result");
  }

  @Test
  void aFileThatTakesErrorsTakesNoProgress() throws Exception {
    Path errors = folder.resolve("errors");
    assertThat(onTerminal("2>" + errors)).contains("the result").doesNotContain(SHOWN);
    assertThat(errors).isEmptyFile();
  }

  /** {@return what a terminal shows of the work, whose streams are led elsewhere or not} */
  private static String onTerminal(String redirections) throws IOException, InterruptedException {
    Path script = Path.of("/usr/bin/script");
    assumeTrue(Files.isExecutable(script), "skipped: no " + script + " to make a terminal");
    String java = Path.of(System.getProperty("java.home"), "bin/java").toString();
    String command =
        java
            + " -XX:+UseSerialGC -cp '"
            + System.getProperty("java.class.path")
            + "' '"
            + Work.class.getName()
            + "' "
            + redirections;
    Process process =
        new ProcessBuilder(script.toString(), "-qec", command, "/dev/null")
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .start();
    String shown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(shown).isZero();
    return shown;
  }
}
