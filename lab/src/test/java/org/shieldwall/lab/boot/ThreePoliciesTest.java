package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.HgsException;

/** Three hosts that booted in three ways, each under a policy of its own, in one service. */
@Tag("boot")
class ThreePoliciesTest {
  private static final String LEGACY =
      """
      name = "legacy"
      version = 1
      [checks.secure-boot]
      enabled = false
      [checks.boot-baseline]
      enabled = false
      """;

  private static final String ACCEPTING =
      """
      name = "%s"
      version = 1
      [checks.boot-baseline]
      enabled = true
      any-of = ["%s"]
      """;

  @TempDir Path folder;

  @Test
  void givenThreeHostsOfDifferentPoliciesThenEachIsHeldToItsOwn() throws Exception {
    RealBoots.all(
        HostVariant.STANDARD, HostVariant.LOCKDOWN_INTEGRITY, HostVariant.SECURE_BOOT_OFF);
    try (Rack rack = Rack.in(folder)) {
      Rack.Host strict = rack.register("rack1", HostVariant.STANDARD);
      Rack.Host lenient = rack.register("rack2", HostVariant.LOCKDOWN_INTEGRITY);
      Rack.Host old = rack.register("rack3", HostVariant.SECURE_BOOT_OFF);
      rack.hgs("baseline", "add", strict.eventLog(), "--name", "strict", "--yes").orFail();
      rack.hgs("baseline", "add", lenient.eventLog(), "--name", "lenient", "--yes").orFail();
      policy(rack, "compute", ACCEPTING.formatted("compute", "strict"));
      policy(rack, "test", ACCEPTING.formatted("test", "lenient"));
      policy(rack, "legacy", LEGACY);

      label(rack, strict, "compute");
      label(rack, lenient, "test");
      label(rack, old, "legacy");
      assertThat(strict.healthy().policyName()).isEqualTo("compute");
      assertThat(lenient.healthy().policyName()).isEqualTo("test");
      assertThat(old.healthy().policyName()).isEqualTo("legacy");
      assertThat(strict.healthy().checks()).contains("boot-baseline", "secure-boot");
      assertThat(old.healthy().checks()).doesNotContain("boot-baseline", "secure-boot");

      label(rack, lenient, "compute");
      assertThat(lenient.refused()).containsExactly("boot-baseline-mismatch");
      label(rack, old, "test");
      assertThat(old.refused()).contains("secure-boot-off");
      assertThat(strict.healthy().policyName()).isEqualTo("compute");
    }
  }

  private static void policy(Rack rack, String name, String text) throws HgsException {
    rack.policy(name, text);
    rack.administer(each -> {
      each.policies().assign(name, name);
      return name;
    });
  }

  private static Set<String> others(String label) {
    return Set.of("compute", "test", "legacy").stream()
        .filter(each -> !each.equals(label))
        .collect(Collectors.toSet());
  }

  private static void label(Rack rack, Rack.Host host, String label) throws HgsException {
    rack.administer(each -> each.fleet().label(host.name(), Set.of(label), others(label)));
  }
}
