package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.launch.EnclaveClassPath;
import org.shieldwall.enclave.launch.EnclaveLaunch;
import org.shieldwall.enclave.posix.ChildProcess;

/** Root starts the enclave's program in other ways than the agent does: none of them gets a key. */
@Timeout(60)
class UnsafeStartTest {
  @TempDir Path folder;

  private ChildProcess start(List<String> options, Map<String, String> environment)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(options);
    command.addAll(List.of("-cp", EnclaveClassPath.prepare(folder)));
    command.add("org.shieldwall.enclave.EnclaveMain");
    command.addAll(List.of("--socket", folder.resolve("socket").toString()));
    command.addAll(List.of("--tpm", "stream", "--agent", "0"));
    ChildProcess child = ChildProcess.start(command, environment, List.of());
    assertThat(child.await(Duration.ofSeconds(30))).isTrue();
    return child;
  }

  private void assertRefused(ChildProcess child, String why) throws Exception {
    assertThat(child.exit().get()).isEqualTo(EnclaveLaunch.UNSAFE);
    assertThat(child.tail()).contains(why).doesNotContain("Exception");
    assertThat(folder.resolve("socket")).doesNotExist();
  }

  @Test
  void givenAForeignEnvironmentWhenStartedThenItIsRefused() throws Exception {
    String attach = "-XX:+DisableAttachMechanism";
    assertRefused(start(List.of(attach), Map.of("LD_PRELOAD", "")), "LD_PRELOAD");
    assertRefused(
        start(List.of(attach), Map.of("JAVA_TOOL_OPTIONS", "-Dx=y")), "JAVA_TOOL_OPTIONS");
  }

  @Test
  void givenAWayInWhenStartedThenItIsRefused() throws Exception {
    assertRefused(start(List.of(), Map.of()), "-XX:+DisableAttachMechanism only");
    assertRefused(
        start(
            List.of(
                "-XX:+DisableAttachMechanism",
                "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:0"),
            Map.of()),
        "-agentlib");
  }

  @Test
  void givenNoTpmWhenStartedThenItEndsWithTheReasonAndWithoutASocket() throws Exception {
    ChildProcess child = start(List.of("-XX:+DisableAttachMechanism"), Map.of());
    assertThat(child.exit().get()).isEqualTo(1);
    assertThat(child.tail()).startsWith("enclave: ").doesNotContain("\tat ");
    assertThat(folder.resolve("socket")).doesNotExist();
  }
}
