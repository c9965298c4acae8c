package org.shieldwall.enclave.posix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real process puts both walls on a thread; what they refuse worked before. */
@Timeout(90)
class RestrictionTest {
  @TempDir Path folder;

  private List<String> trial() throws Exception {
    Path inside = Files.createDirectory(folder.resolve("inside"));
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Files.writeString(inside.resolve("file"), "in");
    Files.writeString(outside.resolve("handed"), "out");
    Files.writeString(outside.resolve("readable"), "out");
    Files.createSymbolicLink(inside.resolve("outward"), outside.resolve("handed"));
    Process trial =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                RestrictionTrial.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .start();
    List<String> said = new String(trial.getInputStream().readAllBytes(), UTF_8).lines().toList();
    assertThat(trial.waitFor()).as(said.toString()).isZero();
    return said;
  }

  @Test
  void givenBothWallsWhenForbiddenPathsAndCallsAreTriedThenTheyAreRefusedAndTheRestWorks()
      throws Exception {
    assumeTrue(Landlock.version() > 0, "SKIPPED: needs a kernel with Landlock");
    assumeTrue(Files.exists(Path.of("/usr/bin/bwrap")), "SKIPPED: needs the package bubblewrap");
    List<String> said = trial();
    assertThat(said)
        .contains(
            "before read outside works",
            "before list outside works",
            "before write what is readable works",
            "before link outside works",
            "before netlink works",
            "before kill works",
            "before dumpable works",
            "before unshare works",
            "before program works",
            "before restricted false");
    for (String when : List.of("after", "later")) {
      assertThat(said)
          .contains(
              when + " read inside works",
              when + " write inside works",
              when + " read what is readable works",
              when + " unix works",
              when + " netlink SystemCallException socket: not permitted (EPERM)",
              when + " kill SystemCallException kill: not permitted (EPERM)",
              when + " dumpable SystemCallException prctl: not permitted (EPERM)",
              when + " unshare SystemCallException unshare: not permitted (EPERM)",
              when + " fork SystemCallException fork: not permitted (EPERM)",
              when + " restricted true");
      for (String refused :
          List.of("read outside", "list outside", "write what is readable", "link outside")) {
        assertThat(said)
            .as(refused)
            .anyMatch(line -> line.startsWith(when + " " + refused + " AccessDenied"));
      }
      assertThat(said).anyMatch(line -> line.startsWith(when + " program IOException"));
    }
    assertThat(said)
        .as("what was handed in is read by its descriptor, not by a path")
        .anyMatch(line -> line.startsWith("handed in, by its path AccessDenied"))
        .contains("handed in, by its descriptor works");
    assertThat(said)
        .as("children are under neither")
        .contains("a child reads out", "a child is ended true", "a sandbox ends with 0");
  }
}
