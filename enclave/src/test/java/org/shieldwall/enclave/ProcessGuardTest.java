package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
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
    assertThatCode(() -> ProcessGuard.refuseOptions(List.of("-XX:+DisableAttachMechanism")))
        .doesNotThrowAnyException();
  }
}
