package org.shieldwall.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PasstTest {
  @TempDir Path folder;

  @Test
  void givenALinkInTheFolderOfPasstsUserWhenItStartsThenNothingIsWrittenThroughIt()
      throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/passt")), "SKIPPED: needs the package passt");
    // passt's user must be able to reach its own folder, as in the agent's state folder.
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    Path precious = Files.writeString(folder.resolve("precious"), "untouched");
    Path net = Files.createDirectory(folder.resolve("net-web"));
    for (String name : List.of("passt.log", "net-web.log", "net.sock")) {
      Files.createSymbolicLink(net.resolve(name), precious);
    }
    Passt.start(net, List.of()).ifPresent(Passt::close);
    assertThat(precious).hasContent("untouched");
    assertThat(folder.resolve("net-web.log")).isRegularFile();
  }
}
