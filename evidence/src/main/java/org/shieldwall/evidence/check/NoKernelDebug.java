package org.shieldwall.evidence.check;

import java.util.Optional;
import java.util.Set;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.KernelArguments;

/**
 * {@link Check#NO_KERNEL_DEBUG}: none of the parameters that start a debugger or a shell before
 * anything guards it, have the kernel leave out a part of its own start, or take from its own
 * protection ({@code Documentation/admin-guide/kernel-parameters.txt}; {@code
 * kernel-command-line(7)}).
 */
final class NoKernelDebug implements CommandLineRule {
  /** With or without a value. */
  private static final Set<String> DEBUGGERS =
      Set.of(
          "kgdboc",
          "ekgdboc",
          "kgdbdbgp",
          "kgdbwait",
          "kgdbcon",
          "kdb",
          "nokaslr",
          "norandmaps",
          "nosmep",
          "nosmap",
          "nopti",
          "nospectre_v1",
          "nospectre_v2",
          "nospectre_bhb",
          "nospec_store_bypass_disable",
          "no_hash_pointers",
          "initcall_blacklist",
          "clearcpuid",
          "setcpuid",
          "dis_ucode_ldr",
          "kpti",
          "sysrq_always_enabled",
          "ftrace",
          "trace_event",
          "kprobe_event",
          "trace_instance",
          "rd.break",
          "rd.shell",
          "rd.emergency",
          "rescue",
          "emergency",
          "single",
          "systemd.debug_shell",
          "rd.systemd.debug_shell",
          "systemd.unit",
          "rd.systemd.unit",
          "systemd.wants",
          "rd.systemd.wants",
          "systemd.run",
          "systemd.set_credential",
          "systemd.set_credential_binary",
          "init",
          "rdinit");

  /** With one of these values. */
  private static final Set<String> HOLES =
      Set.of(
          "iomem=relaxed",
          "mitigations=off",
          "spectre_v2=off",
          "spectre_v2_user=off",
          "spectre_bhi=off",
          "spec_store_bypass_disable=off",
          "l1tf=off",
          "mds=off",
          "tsx_async_abort=off",
          "mmio_stale_data=off",
          "srbds=off",
          "retbleed=off",
          "gather_data_sampling=off",
          "reg_file_data_sampling=off",
          "spec_rstack_overflow=off",
          "indirect_target_selection=off",
          "tsa=off",
          "vmscape=off",
          "kvm_intel.vmentry_l1d_flush=never",
          "cfi=off",
          "hash_pointers=never",
          "kvm.nx_huge_pages=off",
          "pti=off",
          "noexec=off",
          "debugfs=on",
          "earlyprintk=dbgp",
          "earlyprintk=xdbc",
          "hardened_usercopy=off",
          "rodata=off",
          "proc_mem.force_override=always");

  @Override
  public Check check() {
    return Check.NO_KERNEL_DEBUG;
  }

  @Override
  public FindingCode code() {
    return FindingCode.KERNEL_DEBUG_ON;
  }

  @Override
  public String expected(HostEvidence host) {
    return "no debugger, debug shell or weakened protection on the command line";
  }

  @Override
  public Answer answer(KernelArguments line, HostEvidence host) {
    Optional<String> found =
        line.words().stream()
            .filter(each -> DEBUGGERS.contains(each.name()) || HOLES.contains(each.toString()))
            .map(KernelArguments.Word::toString)
            .findFirst();
    return found.<Answer>map(Answer.Contradicted::new).orElseGet(() -> new Answer.Shown("none"));
  }
}
