package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.enclave.launch.EnclaveLaunch;

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

  @Test
  void givenTheAgentsOptionsAndNoOthersWhenCheckedThenTheEnclaveStarts() {
    assertThatCode(() -> ProcessGuard.refuseOptions(EnclaveLaunch.JAVA_OPTIONS))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-agentlib:jdwp=transport=dt_socket", "-javaagent:x.jar", "-XX:OnError=gcore %p",
        "-XX:+HeapDumpOnOutOfMemoryError", "-Xbootclasspath/a:x", "--patch-module=java.base=x",
        "-Dcom.sun.management.jmxremote", "-XX:-DisableAttachMechanism", "-Dany=thing",
        "-XX:+UseSerialGC"
      })
  void givenOneOptionMoreWhenCheckedThenTheEnclaveDoesNotStart(String option) {
    List<String> before = new ArrayList<>(List.of(option));
    before.addAll(EnclaveLaunch.JAVA_OPTIONS);
    List<String> after = new ArrayList<>(EnclaveLaunch.JAVA_OPTIONS);
    after.add(option);
    for (List<String> options : List.of(before, after)) {
      assertThatThrownBy(() -> ProcessGuard.refuseOptions(options))
          .isInstanceOf(ProcessGuard.RefusedException.class)
          .hasMessageContaining("not started with the agent's options");
    }
  }

  @Test
  void givenAnyOptionMissingOrInAnotherPlaceWhenCheckedThenTheEnclaveDoesNotStart() {
    for (int i = 0; i < EnclaveLaunch.JAVA_OPTIONS.size(); i++) {
      List<String> fewer = new ArrayList<>(EnclaveLaunch.JAVA_OPTIONS);
      String missing = fewer.remove(i);
      assertThatThrownBy(() -> ProcessGuard.refuseOptions(fewer)).hasMessageContaining(missing);
    }
    assertThatThrownBy(() -> ProcessGuard.refuseOptions(EnclaveLaunch.JAVA_OPTIONS.reversed()))
        .hasMessageContaining("another order");
  }

  @ParameterizedTest
  @ValueSource(strings = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
  void givenMoreThanLockingMemoryInAnySetWhenCheckedThenTheEnclaveDoesNotStart(String set) {
    Map<String, Long> locking = new HashMap<>();
    for (String each : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
      locking.put(each, 1L << 14);
    }
    assertThatCode(() -> ProcessGuard.refusePrivileges(65520, locking)).doesNotThrowAnyException();
    assertThatThrownBy(() -> ProcessGuard.refusePrivileges(0, locking))
        .hasMessageContaining("does not run as root");
    locking.put(set, 1L << 14 | 1L << 19); // CAP_SYS_PTRACE
    assertThatThrownBy(() -> ProcessGuard.refusePrivileges(65520, locking))
        .isInstanceOf(ProcessGuard.RefusedException.class)
        .hasMessageContaining(set + " is 0x84000");
  }

  @Test
  void givenABoundingSetAndNothingToGainFromItWhenCheckedThenTheEnclaveStarts() {
    assertThatCode(() ->
            ProcessGuard.refusePrivileges(
                1000, Map.of("CapInh", 0L, "CapPrm", 0L, "CapEff", 0L, "CapBnd", -1L)))
        .doesNotThrowAnyException();
  }

  @Test
  void givenAHostThatSwapsWhenAskedThenItIsSeen(@TempDir Path folder) throws Exception {
    Path swaps = folder.resolve("swaps");
    Files.writeString(swaps, "Filename Type Size Used Priority\n");
    assertThat(HostSwap.isOn(swaps)).isFalse();
    Files.writeString(swaps, "/dev/sda2 partition 1048572 0 -2\n", StandardOpenOption.APPEND);
    assertThat(HostSwap.isOn(swaps)).isTrue();
    assertThat(HostSwap.isOn(folder.resolve("nothing"))).as("not known").isTrue();
  }
}
