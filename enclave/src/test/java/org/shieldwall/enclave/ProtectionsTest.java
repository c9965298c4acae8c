package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Answer.Protection;

class ProtectionsTest {
  private static final Answer.Confinement GOOD =
      new Answer.Confinement(65520, true, true, true, "memfd_secret", List.of());
  private static final Answer.Confinement WEAK =
      new Answer.Confinement(1000, false, false, false, "mlock", List.of());

  @TempDir private Path system;

  private Map<String, Boolean> found(Answer.Confinement confinement) {
    return Protections.in(system, confinement, List.of()).stream()
        .collect(Collectors.toMap(Protection::name, Protection::on));
  }

  private void file(String name, String text) throws Exception {
    Path file = system.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void givenAKernelThatSaysNothingWhenAskedThenItsProtectionsAreOff() {
    assertThat(found(WEAK))
        .containsEntry("kernel-no-attaching", false)
        .containsEntry("kernel-lockdown", false)
        .containsEntry("kernel-no-kexec", false)
        .containsEntry("kernel-iommu", false)
        .containsEntry("worker-sandbox", false)
        .containsEntry("worker-monitor", false)
        .containsEntry("worker-devices", false)
        .containsEntry("worker-no-dump", false)
        .containsEntry("host-no-swap", false)
        .containsEntry("secrets-hidden", false)
        .containsEntry("enclave-own-user", false)
        .containsEntry("enclave-memory-locked", false);
  }

  @Test
  void givenAGuardedHostsKernelWhenAskedThenItsProtectionsAreOn() throws Exception {
    file("proc/sys/kernel/yama/ptrace_scope", "3\n");
    file("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
    file("proc/sys/kernel/kexec_load_disabled", "1\n");
    file("proc/sys/kernel/unprivileged_bpf_disabled", "2\n");
    file("sys/class/iommu/dmar0", "");
    file("proc/swaps", "Filename Type Size Used Priority\n");
    assertThat(found(GOOD))
        .containsEntry("kernel-no-attaching", true)
        .containsEntry("kernel-lockdown", true)
        .containsEntry("kernel-no-kexec", true)
        .containsEntry("kernel-no-unprivileged-bpf", true)
        .containsEntry("kernel-iommu", true)
        .containsEntry("host-no-swap", true)
        .containsEntry("secrets-hidden", true);
  }

  @Test
  void givenWeakerSettingsWhenAskedThenTheyDoNotPassForTheStrictOnes() throws Exception {
    file("proc/sys/kernel/yama/ptrace_scope", "2\n");
    file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
    file("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n");
    assertThat(found(GOOD))
        .containsEntry("kernel-no-attaching", false)
        .containsEntry("kernel-lockdown", false)
        .containsEntry("host-no-swap", false);
  }

  @Test
  void whateverIsOnOrOffHasAReason() {
    assertThat(Protections.in(system, GOOD, List.of()))
        .allSatisfy(each -> assertThat(each.why()).isNotBlank());
    assertThat(Protections.in(system, WEAK, List.of()))
        .allSatisfy(each -> assertThat(each.why()).isNotBlank());
    assertThat(Protections.in(system, GOOD, List.of()))
        .extracting(Protection::name)
        .doesNotHaveDuplicates();
  }
}
