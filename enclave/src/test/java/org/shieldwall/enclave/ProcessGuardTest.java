package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessGuardTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "JAVA_TOOL_OPTIONS",
        "JDK_JAVA_OPTIONS",
        "_JAVA_OPTIONS",
        "X"
      })
  void givenAForeignVariableWhenCheckedThenTheEnclaveDoesNotStart(String name) {
    assertThatThrownBy(() -> ProcessGuard.refuseEnvironment(Set.of("LANG", name)))
        .isInstanceOf(ProcessGuard.RefusedException.class)
        .hasMessageContaining(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-agentlib:jdwp=transport=dt_socket", "-javaagent:x.jar", "-agentpath:/x.so", "-Xrunjdwp",
        "-XX:OnError=gcore %p", "-XX:+HeapDumpOnOutOfMemoryError", "-XX:Flags=x",
            "-Xbootclasspath/a:x",
        "--patch-module=java.base=x", "-Dcom.sun.management.jmxremote"
      })
  void givenAnOptionThatOpensTheProcessWhenCheckedThenTheEnclaveDoesNotStart(String option) {
    assertThatThrownBy(
            () -> ProcessGuard.refuseOptions(List.of("-XX:+DisableAttachMechanism", option)))
        .isInstanceOf(ProcessGuard.RefusedException.class);
  }

  @Test
  void givenTheAttachMechanismOnWhenCheckedThenTheEnclaveDoesNotStart() {
    assertThatThrownBy(() -> ProcessGuard.refuseOptions(List.of("-Xmx64m")))
        .isInstanceOf(ProcessGuard.RefusedException.class);
    assertThatThrownBy(() ->
            ProcessGuard.refuseOptions(
                List.of("-XX:+DisableAttachMechanism", "-XX:-DisableAttachMechanism")))
        .isInstanceOf(ProcessGuard.RefusedException.class);
    assertThatCode(() -> ProcessGuard.refuseOptions(List.of("-XX:+DisableAttachMechanism")))
        .doesNotThrowAnyException();
  }

  @Test
  void givenAHostThatSwapsWhenCheckedThenTheEnclaveDoesNotStart(@TempDir Path folder)
      throws Exception {
    Path swaps = folder.resolve("swaps");
    Files.writeString(swaps, "Filename Type Size Used Priority\n");
    ProcessGuard.refuseSwap(swaps);
    Files.writeString(swaps, "/dev/sda2 partition 1048572 0 -2\n", StandardOpenOption.APPEND);
    assertThatThrownBy(() -> ProcessGuard.refuseSwap(swaps))
        .isInstanceOf(ProcessGuard.RefusedException.class)
        .hasMessageContaining("swap");
  }
}
