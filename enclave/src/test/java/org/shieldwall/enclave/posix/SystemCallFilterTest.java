package org.shieldwall.enclave.posix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SystemCallFilterTest {
  @Test
  @Timeout(60)
  void givenTheFilterWhenForbiddenCallsAreMadeThenTheyAreRefusedAndOthersWork() throws Exception {
    Process trial =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                FilterTrial.class.getName())
            .redirectErrorStream(true)
            .start();
    List<String> said = new String(trial.getInputStream().readAllBytes(), UTF_8).lines().toList();
    assertThat(trial.waitFor()).as(said.toString()).isZero();
    assertThat(said)
        .contains(
            "before inet works",
            "before unix works",
            "before netlink works",
            "before ptrace ptrace: error number 3",
            "after unix works",
            "after netlink works",
            "after inet socket: not permitted (EPERM)",
            "after packet socket: not permitted (EPERM)",
            "after ptrace ptrace: not permitted (EPERM)",
            "child Seccomp: 2");
  }
}
