package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** What a command line shows, what contradicts it, and where one may not be believed. */
class CommandLineChecksTest {
  private static final String ROOT_HASH = "5e".repeat(32);

  @ParameterizedTest
  @CsvSource({
    "kernel-lockdown, standard",
    "no-kernel-debug, standard",
    "module-signatures, standard",
    "module-signatures, any-module", // Lockdown refuses them too.
    "module-signatures, lockdown-integrity",
    "code-integrity-enforced, hardened",
    "code-integrity-enforced, verity",
    "iommu, standard",
    "no-hibernation, standard",
    "no-hibernation, open", // It says nohibernate.
    "no-hibernation, lockdown-integrity",
    "no-dumps-or-encrypted, standard",
    "ptrace-restricted, hardened",
  })
  void aBootThatShowsIt(String check, String boot) {
    CheckResult result = CheckedHost.recorded(boot).judge(Check.ofLabel(check).orElseThrow());
    assertThat(result.outcome()).as(result.toString()).isEqualTo(Outcome.PASS);
    assertThat(result.found()).contains("PCR 9");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "KERNEL_NOT_LOCKED_DOWN; kernel-lockdown; quiet",
        "KERNEL_NOT_LOCKED_DOWN; kernel-lockdown; lockdown=integrity",
        "KERNEL_NOT_LOCKED_DOWN; kernel-lockdown; lockdown=confidentiality lockdown=none",
        "KERNEL_NOT_LOCKED_DOWN; kernel-lockdown; lockdown=none lockdown=confidentiality",
        "KERNEL_NOT_LOCKED_DOWN; kernel-lockdown; quiet -- lockdown=confidentiality",
        "KERNEL_NOT_LOCKED_DOWN; kernel-lockdown; lockdown=confidentiality lsm=yama",
        "KERNEL_NOT_LOCKED_DOWN; kernel-lockdown; 'dyndbg=\"x lockdown=confidentiality\"'",
        "KERNEL_DEBUG_ON; no-kernel-debug; kgdboc=ttyS0",
        "KERNEL_DEBUG_ON; no-kernel-debug; rd.break",
        "KERNEL_DEBUG_ON; no-kernel-debug; systemd.debug-shell=1",
        "KERNEL_DEBUG_ON; no-kernel-debug; init=/bin/sh",
        "KERNEL_DEBUG_ON; no-kernel-debug; iomem=relaxed",
        "KERNEL_DEBUG_ON; no-kernel-debug; nospectre_v2",
        "KERNEL_DEBUG_ON; no-kernel-debug; mitigations=auto l1tf=off",
        "KERNEL_DEBUG_ON; no-kernel-debug; kvm.nx-huge-pages=off",
        "KERNEL_DEBUG_ON; no-kernel-debug; initcall_blacklist=sysfb_init",
        "KERNEL_DEBUG_ON; no-kernel-debug; initcall-blacklist=pci_iommu_init",
        "KERNEL_DEBUG_ON; no-kernel-debug; quiet -- initcall_blacklist=init_ima",
        "KERNEL_DEBUG_ON; no-kernel-debug; clearcpuid=smap",
        "KERNEL_DEBUG_ON; no-kernel-debug; dis_ucode_ldr",
        "KERNEL_DEBUG_ON; no-kernel-debug; systemd.wants=debug-shell.service",
        "KERNEL_DEBUG_ON; no-kernel-debug; systemd.set_credential=fstab.extra:x",
        "KERNEL_DEBUG_ON; no-kernel-debug; kvm-intel.vmentry_l1d_flush=never",
        "KERNEL_DEBUG_ON; no-kernel-debug; hash_pointers=never",
        "MODULE_SIGNATURES_NOT_ENFORCED; module-signatures; quiet",
        "MODULE_SIGNATURES_NOT_ENFORCED; module-signatures; module.sig_enforce=1 module.sig_enforce=0",
        "MODULE_SIGNATURES_NOT_ENFORCED; module-signatures; lockdown=integrity module.sig_enforce=0",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; quiet",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; ima_appraise=enforce",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; ima_appraise=enforce ima_policy=appraise_tcb",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; ima_appraise=log ima_policy=appraise_tcb|secure_boot",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; ima_appraise=fix roothash=HASH",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=HASH systemd.verity=0",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=HASH systemd.verity_root_options=ignore-corruption",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=HASH roothash=ffHASH",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; usrhash=HASH",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=nothing",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; ima_appraise=enforce ima_policy=appraise_tcb|secure_boot initcall_blacklist=init_ima",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=HASH initcall_blacklist=dm_init",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; ima_appraise=enforce ima_policy=appraise_tcb|secure_boot evm=fix",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=HASH root=/dev/sda2",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=HASH mount.usr=/dev/sda3",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=HASH mount.usr=/dev/mapper/usr",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=HASH overlayroot=/dev/vdb",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=HASH systemd.mount-extra=/dev/vdb:/usr",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=HASH systemd.set_credential=fstab.extra:x",
        "CODE_INTEGRITY_NOT_ENFORCED; code-integrity-enforced; roothash=HASH systemd.verity_root_options=check-at-most-once",
        "IOMMU_NOT_ON; iommu; quiet",
        "IOMMU_NOT_ON; iommu; intel_iommu=on iommu=pt",
        "IOMMU_NOT_ON; iommu; intel_iommu=on intel_iommu=off",
        "IOMMU_NOT_ON; iommu; intel_iommu=on iommu.passthrough=1",
        "IOMMU_NOT_ON; iommu; intel_iommu=on initcall_blacklist=pci_iommu_init",
        "IOMMU_NOT_ON; iommu; intel_iommu=on initcall-blacklist=iommu_init",
        "IOMMU_NOT_ON; iommu; amd_iommu=force_enable intremap=off",
        "IOMMU_NOT_ON; iommu; 'intel_iommu=on,nobounce'",
        "IOMMU_NOT_ON; iommu; intel_iommu=on acpi=off",
        "IOMMU_NOT_ON; iommu; intel_iommu=on efi=noruntime,no_disable_early_pci_dma",
        "IOMMU_NOT_ON; iommu; intel_iommu=on pci=noaer,disable_acs_redir=pci:0:0",
        "IOMMU_NOT_ON; iommu; intel_iommu=on pcie_acs_override=downstream",
        "IOMMU_NOT_ON; iommu; intel_iommu=on vfio_iommu_type1.allow_unsafe_interrupts=1",
        "IOMMU_NOT_ON; iommu; intel_iommu=on vfio.enable_unsafe_noiommu_mode=1",
        "HIBERNATION_POSSIBLE; no-hibernation; quiet",
        "HIBERNATION_POSSIBLE; no-hibernation; nohibernate resume=/dev/vda3",
        "HIBERNATION_POSSIBLE; no-hibernation; nohibernate hibernate=nocompress",
        "SWAP_UNPROVEN; no-swap-or-encrypted; systemd.swap=0",
        "SWAP_UNPROVEN; no-swap-or-encrypted; systemd.swap=1",
        "DUMPS_POSSIBLE; no-dumps-or-encrypted; crashkernel=256M",
        "PTRACE_NOT_RESTRICTED; ptrace-restricted; quiet",
        "PTRACE_NOT_RESTRICTED; ptrace-restricted; sysctl.kernel.yama.ptrace_scope=2",
        "PTRACE_NOT_RESTRICTED; ptrace-restricted; sysctl.kernel.yama.ptrace_scope=3 sysctl.kernel.yama.ptrace_scope=0",
        "PTRACE_NOT_RESTRICTED; ptrace-restricted; sysctl.kernel.yama.ptrace_scope=3 lsm=lockdown",
        "PTRACE_NOT_RESTRICTED; ptrace-restricted; sysctl.kernel.yama.ptrace_scope=3 sysctl/kernel/yama/ptrace_scope=0",
        "COMMAND_LINE_UNPROVEN; kernel-lockdown; lockdown=confidentiality bootconfig",
      })
  void aLineThatDoesNotShowItOrContradictsItself(FindingCode code, String check, String line) {
    CheckResult result =
        CheckedHost.sealed(line.replace("HASH", ROOT_HASH))
            .judge(Check.ofLabel(check).orElseThrow());
    assertThat(result.outcome()).isEqualTo(Outcome.FAIL);
    assertThat(CheckedHost.codes(result)).containsExactly(code);
  }

  private static List<FindingCode> lockdown(CheckedHost host) {
    return CheckedHost.codes(host.judge(Check.KERNEL_LOCKDOWN));
  }

  @Test
  void givenALineThatTheHostOnlyClaimsThenItProvesNothing() {
    CheckedHost weak =
        new CheckedHost(
            CheckedHost.sealed("quiet").boot(), Optional.of("quiet lockdown=confidentiality"));
    assertThat(lockdown(weak)).containsExactly(FindingCode.COMMAND_LINE_UNPROVEN);
    assertThat(lockdown(CheckedHost.of(CheckedHost.sealed("lockdown=confidentiality").boot())))
        .as("nobody knows the line")
        .containsExactly(FindingCode.COMMAND_LINE_UNPROVEN);
  }

  @Test
  void givenALineThatRootMeasuredLaterThenItProvesNothing() {
    String better = "quiet lockdown=confidentiality";
    LogBuilder boot = CheckedHost.sealed("quiet").boot();
    boot.measured(12, EventType.IPL, LogBuilder.utf16(better + "\0"));
    boot.kernel(better);
    assertThat(lockdown(new CheckedHost(boot, Optional.of(better))))
        .containsExactly(FindingCode.COMMAND_LINE_UNPROVEN);
    // The same with the kernel's own measurement given another name.
    LogBuilder.Event real = boot.events.get(boot.find(9, EventType.EVENT_TAG));
    Bytes initrd = Bytes.concat(Bytes.ofHex("ec223b8f0d000000"), Bytes.ofText("Linux initrd\0"));
    boot.events.set(boot.events.indexOf(real), real.withData(initrd));
    assertThat(lockdown(new CheckedHost(boot, Optional.of(better))))
        .containsExactly(FindingCode.COMMAND_LINE_UNPROVEN);
  }

  @Test
  void givenALineOfThePolicysBaselineThenTheHostNeedNotSendIt() {
    LogBuilder boot =
        new LogBuilder().firmware(true).image("uki", "x", "lockdown=confidentiality").exit();
    assertThat(lockdown(CheckedHost.of(boot))).isEmpty();
  }

  private static LogBuilder grub(String line) {
    LogBuilder boot = new LogBuilder().firmware(true).authorised("grub", "\\grub.efi");
    boot.extended(
        8,
        EventType.IPL,
        LogBuilder.digestOf(line),
        Bytes.ofText("kernel_cmdline: " + line + "\0"));
    boot.extended(
        9, EventType.IPL, LogBuilder.digestOf("a file"), Bytes.ofText("(hd0,gpt2)/grub.cfg\0"));
    return boot.exit();
  }

  @Test
  void givenGrubThenTheBaselineHasToNameTheImages() {
    CheckedHost host = CheckedHost.of(grub("/vmlinuz lockdown=confidentiality"));
    assertThat(lockdown(host)).containsExactly(FindingCode.COMMAND_LINE_UNPROVEN);
    AttestationPolicy named =
        AttestationPolicy.standard(
                "grub", 1, List.of(BootBaseline.capture("own", host.facts(), CaptureLevel.BOOT)))
            .with(Set.of(Check.KERNEL_LOCKDOWN));
    CheckResult result = host.judge(named, Check.KERNEL_LOCKDOWN);
    assertThat(result.outcome()).isEqualTo(Outcome.PASS);
    assertThat(result.found()).contains("PCR 8");
  }

  @Test
  void givenTwoLinesByGrubThenTheWorseOneCounts() {
    LogBuilder boot = grub("/vmlinuz lockdown=none");
    String better = "/vmlinuz lockdown=confidentiality";
    boot.extended(
        8,
        EventType.IPL,
        LogBuilder.digestOf(better),
        Bytes.ofText("kernel_cmdline: " + better + "\0"));
    CheckedHost host = CheckedHost.of(boot);
    AttestationPolicy named =
        AttestationPolicy.standard(
                "grub",
                1,
                List.of(
                    new BootBaseline(
                        "images",
                        TpmHash.SHA256,
                        new TreeMap<>(
                            java.util.Map.of(
                                FactName.BOOT_APPLICATIONS,
                                BootBaseline.capture("own", host.facts(), CaptureLevel.BOOT)
                                    .facts()
                                    .get(FactName.BOOT_APPLICATIONS))))))
            .with(Set.of(Check.KERNEL_LOCKDOWN));
    assertThat(CheckedHost.codes(host.judge(named, Check.KERNEL_LOCKDOWN)))
        .containsExactly(FindingCode.KERNEL_NOT_LOCKED_DOWN);
  }

  @Test
  void givenNoBaselineThenNobodyAnswersForTheMeasurement() {
    CheckedHost host = CheckedHost.recorded("standard");
    AttestationPolicy none =
        host.policy(Check.KERNEL_LOCKDOWN).without(Set.of(Check.BOOT_BASELINE));
    assertThat(CheckedHost.codes(host.judge(none, Check.KERNEL_LOCKDOWN)))
        .containsExactly(FindingCode.COMMAND_LINE_UNPROVEN);
  }

  @Test
  void givenFirmwareWithoutDmaProtectionThenNoCommandLineMendsIt() {
    LogBuilder boot = new LogBuilder();
    boot.text(7, EventType.EFI_ACTION, "DMA Protection Disabled");
    boot.firmware(true).sealedImage("uki", "intel_iommu=on").exit();
    CheckResult result = new CheckedHost(boot, Optional.of("intel_iommu=on")).judge(Check.IOMMU);
    assertThat(CheckedHost.codes(result)).containsExactly(FindingCode.IOMMU_NOT_ON);
    assertThat(result.found()).contains("DMA Protection Disabled").contains("event 1");
  }

  @Test
  void givenAVerifiedRootThenItHasToBeOneThatIsAllowed() {
    CheckedHost host = CheckedHost.recorded("verity");
    AttestationPolicy policy = host.policy(Check.CODE_INTEGRITY);
    CodeIntegrityRules rules =
        new CodeIntegrityRules(Optional.empty(), Set.of(LogBuilder.digestOf("a root file system")));
    CodeIntegrityRules others =
        new CodeIntegrityRules(Optional.empty(), Set.of(Bytes.ofHex("00".repeat(32))));
    assertThat(
            host.judge(
                    policy.with(policy.settings().withCodeIntegrity(rules)), Check.CODE_INTEGRITY)
                .outcome())
        .isEqualTo(Outcome.PASS);
    assertThat(
            CheckedHost.codes(
                host.judge(
                    policy.with(policy.settings().withCodeIntegrity(others)),
                    Check.CODE_INTEGRITY)))
        .containsExactly(FindingCode.VERITY_ROOT_NOT_ALLOWED);
    CheckedHost around = CheckedHost.sealed("root=/dev/vda2 roothash=" + ROOT_HASH);
    AttestationPolicy itsOwn = around.policy(Check.CODE_INTEGRITY);
    CodeIntegrityRules itsRoot =
        new CodeIntegrityRules(Optional.empty(), Set.of(Bytes.ofHex(ROOT_HASH)));
    CheckResult passedBy =
        around.judge(
            itsOwn.with(itsOwn.settings().withCodeIntegrity(itsRoot)), Check.CODE_INTEGRITY);
    assertThat(CheckedHost.codes(passedBy)).containsExactly(FindingCode.VERITY_ROOT_NOT_ALLOWED);
    assertThat(passedBy.findings().getFirst().found()).contains("beside root=/dev/vda2");
    CheckedHost none = CheckedHost.recorded("standard");
    AttestationPolicy asked = none.policy(Check.CODE_INTEGRITY);
    assertThat(
            CheckedHost.codes(
                none.judge(
                    asked.with(asked.settings().withCodeIntegrity(rules)), Check.CODE_INTEGRITY)))
        .containsExactly(FindingCode.VERITY_ROOT_NOT_ALLOWED);
  }
}
