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

  /** {@code pt} and {@code soft} let a device reach all memory. */
  private static final Set<String> OFF = Set.of("off", "soft", "pt", "noforce", "igfx_off");

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
    if (line.mentions("iommu.passthrough") || line.mentions("intremap")) {
      return new Answer.Contradicted("iommu.passthrough or intremap");
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

  private static Stream<String> values(KernelArguments.Word word) {
    return Stream.of(word.value().split(",", -1));
  }
}
