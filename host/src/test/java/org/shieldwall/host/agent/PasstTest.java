package org.shieldwall.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.vm.PortForward;

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

  @Test
  void givenAPortThatSomebodyElseHoldsThenThatIsSaidWithWhatMendsIt() throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/passt")), "SKIPPED: needs the package passt");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket held = new ServerSocket(0, 1, loopback)) {
      Optional<Passt> without = Passt.start(folder.resolve("net-free"), List.of());
      without.ifPresent(Passt::close);
      assumeTrue(without.isPresent(), "SKIPPED: this host has no route that passt could share");

      PortForward forward = new PortForward(loopback.getHostAddress(), held.getLocalPort(), 80);
      assertThatThrownBy(() -> Passt.start(folder.resolve("net-web"), List.of(forward)))
          .isInstanceOfSatisfying(
              AgentException.class,
              refused -> {
                assertThat(refused.code()).isEqualTo("port-taken");
                assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
                assertThat(refused.what()).contains("in use", String.valueOf(held.getLocalPort()));
                assertThat(refused.remedy()).contains("--forward");
              });
    }
  }
}
