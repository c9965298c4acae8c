package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.launch.EnclaveClassPath;
import org.shieldwall.enclave.launch.EnclaveLaunch;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.ThisProcess;

/** Root starts the enclave's program in other ways than the agent does: none of them gets a key. */
@Timeout(60)
class UnsafeStartTest {
  private static final int USER = 65_515;
  private static final String CAPABILITIES = "-all,+ipc_lock";

  @TempDir Path folder;
  private Path socket;
  private List<String> agents;

  @BeforeEach
  void prepare() throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    Path door = Files.createDirectory(folder.resolve("door"));
    if (ThisProcess.uid() == 0) {
      Files.setAttribute(door, "unix:uid", USER);
    }
    socket = door.resolve("socket");
    EnclaveLaunch launch =
        new EnclaveLaunch(
            Path.of(System.getProperty("java.home")),
            EnclaveClassPath.prepare(folder),
            socket,
            folder,
            USER,
            List.of(),
            Optional.empty());
    agents = launch.command(ThisProcess.uid(), "stream");
  }

  private ChildProcess start(List<String> command, Map<String, String> environment)
      throws Exception {
    ChildProcess child = ChildProcess.start(command, environment, List.of());
    assertThat(child.await(Duration.ofSeconds(30))).isTrue();
    return child;
  }

  private int java() {
    return agents.indexOf(System.getProperty("java.home") + "/bin/java");
  }

  private List<String> with(int at, String... options) {
    List<String> line = new ArrayList<>(agents);
    line.addAll(at, List.of(options));
    return line;
  }

  private List<String> afterTheAgents(String... options) {
    return with(java() + 1 + EnclaveLaunch.JAVA_OPTIONS.size(), options);
  }

  private void assertRefused(List<String> command, String why) throws Exception {
    assertRefused(start(command, Map.of()), why);
  }

  private void assertRefused(ChildProcess child, String why) throws Exception {
    assertThat(child.exit().get()).as(child.tail()).isEqualTo(EnclaveLaunch.UNSAFE);
    assertThat(child.tail()).contains(why).doesNotContain("Exception");
    assertThat(socket).doesNotExist();
  }

  @Test
  void givenAForeignEnvironmentWhenStartedThenItIsRefused() throws Exception {
    assertRefused(start(agents, Map.of("LD_PRELOAD", "")), "LD_PRELOAD");
    assertRefused(start(agents, Map.of("JAVA_TOOL_OPTIONS", "-Dx=y")), "JAVA_TOOL_OPTIONS");
  }

  @Test
  void givenOptionsThatAreNotTheAgentsWhenStartedThenItIsRefused() throws Exception {
    String agent = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:0";
    assertRefused(afterTheAgents(agent), "more are -agentlib");
    assertRefused(with(java() + 1, "-XX:ErrorFile=/tmp/x"), "more are -XX:ErrorFile");
    assertRefused(afterTheAgents("-XX:-DisableAttachMechanism"), "more are -XX:-DisableAttach");
    List<String> fewer = new ArrayList<>(agents);
    fewer.remove("-XX:+DisableAttachMechanism");
    assertRefused(fewer, "missing are -XX:+DisableAttachMechanism");
  }

  @Test
  void givenACacheOfCodeThatOthersCouldHaveWrittenWhenStartedThenItIsRefused() throws Exception {
    assumeTrue(ThisProcess.uid() == 0, "SKIPPED: needs root, whose a cache must be");
    Path cache = Files.writeString(folder.resolve("enclave.aot"), "nothing of use");
    String option = "-XX:AOTCache=" + cache;
    ChildProcess usable = start(afterTheAgents(option), Map.of());
    assertThat(usable.exit().get())
        .as("root's own, which fits nothing: " + usable.tail())
        .isEqualTo(1);
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rw-rw-r--"));
    assertRefused(afterTheAgents(option), "can be written by others");
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setAttribute(cache, "unix:uid", USER);
    assertRefused(afterTheAgents(option), "is not root's");
    Files.setAttribute(cache, "unix:uid", 0);
    Files.setAttribute(folder, "unix:uid", USER);
    assertRefused(afterTheAgents(option), folder + " is not root's");
    Files.setAttribute(folder, "unix:uid", 0);
    assertRefused(with(java() + 1, option), "more are -XX:AOTCache");
  }

  @Test
  void givenMorePrivilegesThanTheAgentGivesWhenStartedThenItIsRefused() throws Exception {
    assumeTrue(ThisProcess.uid() == 0, "SKIPPED: needs root to have privileges to give");
    assertRefused(agents.subList(java(), agents.size()), "does not run as root");
    List<String> ptrace =
        agents.stream()
            .map(word -> word.equals(CAPABILITIES) ? CAPABILITIES + ",+sys_ptrace" : word)
            .toList();
    assertThat(ptrace).isNotEqualTo(agents);
    assertRefused(ptrace, "capabilities it must not have");
    List<String> unbound = new ArrayList<>(agents);
    unbound.set(unbound.lastIndexOf(CAPABILITIES), "+all");
    assertRefused(unbound, "capabilities it must not have: CapBnd");
  }

  @Test
  void givenNoTpmWhenStartedThenItEndsWithTheReasonAndWithoutASocket() throws Exception {
    ChildProcess child = start(agents, Map.of());
    assertThat(child.exit().get()).isEqualTo(1);
    assertThat(child.tail()).startsWith("enclave: ").doesNotContain("\tat ");
    assertThat(socket).doesNotExist();
  }
}
