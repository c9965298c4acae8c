package org.shieldwall.evidence;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Which PCRs each check rests on. */
final class NeededPcrs {
  private static final int IMA = 10;

  /** Secure Boot's variables, authorities and what firmware says of its protection. */
  private static final Set<Integer> SECURE_BOOT = Set.of(7);

  /**
   * Images; command lines as GRUB (8), the kernel's EFI stub (9) and systemd's (12) measure them.
   */
  private static final Set<Integer> COMMAND_LINE = Set.of(4, 8, 9, 12);

  private NeededPcrs() {}

  /** {@return the PCRs that the log has to lead to for a check} */
  static Set<Integer> reasoned(Check check, CheckSettings settings) {
    return switch (check) {
      case EK_REGISTERED, AK_ACCEPTABLE, QUOTE, EVENT_LOG, ENCLAVE_MEASURED, FULL_BOOT -> Set.of();
      case SECURE_BOOT, SECURE_BOOT_SETTINGS, NO_UEFI_DEBUG, DBX_AT_LEAST -> SECURE_BOOT;
      case BOOT_BASELINE -> baselines(settings.baselines());
      case CODE_INTEGRITY ->
          settings.codeIntegrity().verityRoots().isEmpty() && settings.manifests().isEmpty()
              ? Set.of()
              : COMMAND_LINE;
      case IOMMU -> Set.of(4, 7, 8, 9, 12);
      case KERNEL_LOCKDOWN,
          NO_KERNEL_DEBUG,
          MODULE_SIGNATURES,
          CODE_INTEGRITY_ENFORCED,
          NO_HIBERNATION,
          NO_SWAP_OR_ENCRYPTED,
          NO_DUMPS_OR_ENCRYPTED,
          PTRACE_RESTRICTED,
          IMAGE_MANIFEST ->
          COMMAND_LINE;
    };
  }

  /**
   * Where there is no baseline yet, those of one that could be made of the boot: an administrator
   * who is asked to accept it must not be shown what nothing proves.
   */
  private static Set<Integer> baselines(List<BootBaseline> accepted) {
    Stream<Set<Integer>> pcrs =
        accepted.isEmpty()
            ? FactName.of(CaptureLevel.BOOT).stream().map(FactName::pcrs)
            : accepted.stream().map(BootBaseline::pcrs);
    return pcrs.flatMap(Set::stream).collect(Collectors.toCollection(TreeSet::new));
  }

  /** {@return further PCRs that the quote has to cover for a check} */
  static Set<Integer> quoted(Check check, CheckSettings settings) {
    return switch (check) {
      case ENCLAVE_MEASURED -> Set.of(AttestationPolicy.ENCLAVE_PCR);
      case CODE_INTEGRITY -> {
        Set<Integer> pcrs = new TreeSet<>();
        settings.codeIntegrity().ima().map(NeededPcrs::ima).ifPresent(pcrs::addAll);
        if (!settings.manifests().isEmpty()) {
          pcrs.add(AttestationPolicy.EXTENSIONS_PCR);
        }
        yield pcrs;
      }
      case IMAGE_MANIFEST -> Set.of(AttestationPolicy.EXTENSIONS_PCR);
      default ->
          check.canBeGuaranteed() && !settings.manifests().isEmpty()
              ? Set.of(AttestationPolicy.EXTENSIONS_PCR)
              : Set.of();
    };
  }

  private static Set<Integer> ima(ImaPolicy policy) {
    return policy.requireBootAggregate()
        ? IntStream.rangeClosed(0, IMA).boxed().collect(Collectors.toSet())
        : Set.of(IMA);
  }
}
