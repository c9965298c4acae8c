package org.shieldwall.evidence.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.evidence.CheckedHost;
import org.shieldwall.evidence.KernelArguments;
import org.shieldwall.evidence.check.CommandLineRule.Answer;

/** How else a line may say what a boot of the lab says in one way; no log is needed for that. */
class SpellingsTest {
  private static final List<CommandLineRule> RULES =
      List.of(
          new KernelLockdown(),
          new NoKernelDebug(),
          new ModuleSignatures(),
          new CodeIntegrityEnforced(),
          new IommuOn(),
          new NoHibernation(),
          new PtraceRestricted());

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "kernel-lockdown; quiet lockdown=confidentiality",
        "kernel-lockdown; lockdown=confidentiality lsm=lockdown,yama",
        "no-kernel-debug; quiet root=/dev/vda2",
        "module-signatures; module.sig_enforce=1",
        "module-signatures; module.sig-enforce",
        "module-signatures; lockdown=integrity",
        "code-integrity-enforced; ima_appraise=enforce ima_policy=appraise_tcb|secure_boot",
        "code-integrity-enforced; ima_appraise=enforce ima_policy=appraise_tcb ima_policy=secure_boot",
        "code-integrity-enforced; roothash=HASH",
        "code-integrity-enforced; roothash=HASH root=/dev/mapper/root",
        "code-integrity-enforced; roothash=HASH usrhash=HASH mount.usr=/dev/mapper/usr systemd.verity_root_options=panic-on-corruption",
        "iommu; intel_iommu=on,sm_on iommu.strict=1",
        "iommu; amd_iommu=force_enable",
        "iommu; iommu=force acpi=force efi=noruntime pci=noaer",
        "no-hibernation; hibernate=no noresume resume=/dev/vda3",
        "no-hibernation; lockdown=integrity",
        "ptrace-restricted; sysctl.kernel.yama.ptrace_scope=3",
        "ptrace-restricted; sysctl.kernel/yama/ptrace_scope=3",
      })
  void aLineThatShowsIt(String check, String line) {
    CommandLineRule rule =
        RULES.stream().filter(each -> each.check().label().equals(check)).findFirst().orElseThrow();
    KernelArguments arguments = KernelArguments.parse(line.replace("HASH", "5e".repeat(32)));
    HostEvidence host = CheckedHost.recorded("standard").read(rule.check());

    assertThat(rule.answer(arguments, host)).isInstanceOf(Answer.Shown.class);
    // That no debugger is named is shown by a line that says nothing; all else has to be said.
    assertThat(rule.answer(KernelArguments.parse("quiet"), host))
        .isInstanceOf(rule instanceof NoKernelDebug ? Answer.Shown.class : Answer.Silent.class);
  }
}
