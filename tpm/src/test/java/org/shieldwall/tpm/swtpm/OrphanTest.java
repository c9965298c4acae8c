package org.shieldwall.tpm.swtpm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.tpm.command.TestTpm;

/** A program that ends without closing its swtpm leaves none behind. */
class OrphanTest {
  @TempDir Path folder;

  /** Starts an swtpm, says its process id, and ends. */
  public static final class Forgetful {
    private Forgetful() {}

    @SuppressWarnings("SystemOut")
    public static void main(String[] words) throws Exception {
      Path place = Path.of(words[0]);
      System.out.println(SwtpmProcess.start(SwtpmOptions.standalone(place, place)).pid());
    }
  }

  @Test
  void givenAProgramThatForgetsItsSwtpmThenItEndsWithTheProgram() throws Exception {
    TestTpm.requireTool("swtpm", "swtpm");
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Forgetful.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String said =
        new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(program.waitFor(30, TimeUnit.SECONDS)).isTrue();

    assertThat(said).matches("[0-9]+");
    ProcessHandle.of(Long.parseLong(said))
        .ifPresent(left ->
            assertThat(left.onExit().orTimeout(10, TimeUnit.SECONDS))
                .succeedsWithin(java.time.Duration.ofSeconds(10)));
  }
}
