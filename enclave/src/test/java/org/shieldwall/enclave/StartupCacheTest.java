package org.shieldwall.enclave;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.launch.EnclaveClassPath;
import org.shieldwall.enclave.launch.EnclaveLaunch;
import org.shieldwall.enclave.launch.RecordStart;
import org.shieldwall.enclave.launch.StartupCache;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.ThisProcess;

/** A start is recorded as the launcher does after a build, and the next one uses it. */
@Timeout(180)
class StartupCacheTest {
  private static final int USER = 65_513;

  @TempDir Path folder;

  /** The enclave's class path as a build leaves it: jars only, which is what can be recorded. */
  private String jars() throws Exception {
    Path jar = Path.of(System.getProperty("java.home"), "bin", "jar");
    Path library = Files.createDirectory(folder.resolve("lib"));
    List<String> jars = new ArrayList<>();
    for (String entry : EnclaveClassPath.prepare(folder).split(":", -1)) {
      Path place = Path.of(entry);
      Path target = library.resolve(jars.size() + ".jar");
      if (Files.isDirectory(place)) {
        said(List.of("" + jar, "--create", "--file", "" + target, "-C", "" + place, "."));
      } else {
        Files.copy(place, target);
      }
      jars.add(target.toString());
    }
    return String.join(":", jars);
  }

  private static String said(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  @Test
  void givenARecordedStartWhenTheEnclaveStartsThenItUsesItAndOnlyWhatIsRoots() throws Exception {
    assumeTrue(ThisProcess.uid() == 0, "SKIPPED: needs root, whose a cache must be");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    String classPath = jars();
    Path copies = Files.createDirectory(folder.resolve("copies"));
    assertThat(StartupCache.prepare(classPath, copies)).as("nothing recorded").isEmpty();

    said(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            RecordStart.class.getName()));

    Path recorded = folder.resolve("lib/enclave.aot");
    assertThat(StartupCache.prepare(classPath, copies)).contains(recorded);
    ChildProcess enclave = start(classPath, Optional.of(recorded));
    assertThat(Files.readString(Path.of("/proc/" + enclave.pid() + "/maps")))
        .contains(recorded.toString());
    enclave.kill();

    Files.setPosixFilePermissions(recorded, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThat(StartupCache.prepare(classPath, copies))
        .as("others could have written it: root's copy is used, as of the jars beside it")
        .contains(copies.resolve("enclave.aot"));
    assertThat(StartupCache.untrusted(copies.resolve("enclave.aot"))).isEmpty();
    assertThat(StartupCache.untrusted(recorded).orElseThrow()).contains("written by others");
  }

  private ChildProcess start(String classPath, Optional<Path> cache) throws Exception {
    Path door = Files.createDirectory(folder.resolve("door"));
    Files.setAttribute(door, "unix:uid", USER);
    return new EnclaveLaunch(
            Path.of(System.getProperty("java.home")),
            classPath,
            door.resolve("socket"),
            folder,
            USER,
            List.of(),
            cache)
        .startWithoutTpm();
  }
}
