package org.shieldwall.evidence.check;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.KernelArguments;
import org.shieldwall.evidence.eventlog.BootFacts;

/**
 * {@link Check#IOMMU}: the kernel was told to use it for every device, and firmware does not say
 * that protection from DMA is off (PFP section 3.3.4.8). That the machine has one is not measured.
 */
final class IommuOn implements CommandLineRule {
  private static final List<String> PARAMETERS = List.of("intel_iommu", "amd_iommu", "iommu");
  private static final Set<String> ON = Set.of("on", "force_enable", "force", "sm_on");

  /** {@code pt} and {@code soft} let a device reach all memory; the last two, one of its kind. */
  private static final Set<String> OFF =
      Set.of("off", "soft", "pt", "noforce", "igfx_off", "nobounce");

  /**
   * With any value. They pass the IOMMU by, take the interrupts from it, hand a device out without
   * one, or have the kernel leave out a part of its own start: which part sets the IOMMU up differs
   * from kernel to kernel.
   */
  private static final List<String> AROUND_IT =
      List.of(
          "iommu.passthrough",
          "intremap",
          "initcall_blacklist",
          "pcie_acs_override",
          "vfio.enable_unsafe_noiommu_mode",
          "vfio_iommu_type1.allow_unsafe_interrupts");

  /** One of a parameter's values. Without ACPI's tables the kernel does not find an IOMMU. */
  private static final List<KernelArguments.Word> HOLES =
      List.of(
          new KernelArguments.Word("acpi", "off", true),
          new KernelArguments.Word("efi", "no_disable_early_pci_dma", true),
          new KernelArguments.Word("pci", "disable_acs_redir", true),
          new KernelArguments.Word("pci", "config_acs", true));

  @Override
  public Check check() {
    return Check.IOMMU;
  }

  @Override
  public FindingCode code() {
    return FindingCode.IOMMU_NOT_ON;
  }

  @Override
  public String expected(HostEvidence host) {
    return "intel_iommu=on, amd_iommu=force_enable or iommu=force, and DMA protection in firmware";
  }

  @Override
  public Optional<String> contradiction(HostEvidence host) {
    return host.facts().map(BootFacts::securityActions).stream()
        .flatMap(List::stream)
        .filter(each -> each.text().toLowerCase(Locale.ROOT).contains("dma protection"))
        .findFirst()
        .map(each -> "\"" + each.text() + "\", event " + each.event() + ", PCR 7");
  }

  @Override
  public Answer answer(KernelArguments line, HostEvidence host) {
    Optional<KernelArguments.Word> around =
        line.words().stream().filter(IommuOn::isAroundIt).findFirst();
    if (around.isPresent()) {
      return new Answer.Contradicted(around.get().toString());
    }
    boolean shown = false;
    for (String parameter : PARAMETERS) {
      for (KernelArguments.Word word : line.all(parameter)) {
        if (values(word).anyMatch(OFF::contains)) {
          return new Answer.Contradicted(word.toString());
        }
        shown |= line.has(parameter) && values(word).anyMatch(ON::contains);
      }
    }
    return shown ? new Answer.Shown("switched on") : new Answer.Silent("not switched on");
  }

  private static boolean isAroundIt(KernelArguments.Word word) {
    return AROUND_IT.contains(word.name())
        || HOLES.stream()
            .filter(each -> each.name().equals(word.name()))
            .anyMatch(each -> values(word).anyMatch(one -> one.startsWith(each.value())));
  }

  private static Stream<String> values(KernelArguments.Word word) {
    return Stream.of(word.value().split(",", -1));
  }
}
