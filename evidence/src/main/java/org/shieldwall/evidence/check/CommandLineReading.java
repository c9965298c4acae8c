package org.shieldwall.evidence.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FactName;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.evidence.KernelArguments;
import org.shieldwall.evidence.LoadOptions;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.MeasuredText;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * What the kernel was told, as far as it is proven. PCRs say what was measured, not by whom: root
 * can extend any of them later with the digest of a better line. So a line counts only where it
 * cannot have been added:
 *
 * <ul>
 *   <li>it is inside an image whose digest a manifest names, or
 *   <li>the first thing in PCR 9 is its digest, which the kernel's own EFI stub put there before
 *       anything ran (Linux 6.1 and later), or
 *   <li>GRUB measured it into PCR 8; then every line there counts, the worst of them;
 * </ul>
 *
 * and only where somebody answers for the images that measure: a baseline that the boot matches
 * names the images, or, but for GRUB, the keys that let them run; or a manifest does.
 *
 * @param lines the line; several where any may be the one
 * @param source where it was measured, in words
 * @param unproven why there is none
 */
record CommandLineReading(List<KernelArguments> lines, String source, Optional<Finding> unproven) {
  private static final int GRUB_PCR = 8;

  static CommandLineReading of(
      HostEvidence host, BootFacts facts, Optional<ImageManifest> manifest) {
    if (manifest.isPresent() && manifest.get().commandLines().isEmpty()) {
      return proven(
          List.of(manifest.get().embeddedCommandLine()),
          "inside the image of manifest " + manifest.get().name());
    }
    List<String> measured = facts.kernelCommandLine().stream().map(MeasuredText::text).toList();
    Optional<Bytes> pcr8 = host.values().value(facts.bank(), GRUB_PCR);
    if (pcr8.isEmpty()) {
      return unproven("PCR 8 is not quoted", "none");
    }
    boolean byGrub = !pcr8.get().isAllZero() && !isStubCopy(pcr8.get(), measured, facts.bank());
    if (!isAnsweredFor(host, byGrub, manifest)) {
      return unproven(
          "nobody answers for the images that measure it",
          "no matching baseline that names "
              + FactName.BOOT_APPLICATIONS.label()
              + (byGrub ? "" : " or " + FactName.AUTHORITIES.label()));
    }
    if (byGrub) {
      return measured.isEmpty()
          ? unproven("GRUB measured no kernel's command line", "none in PCR 8")
          : proven(measured, "measured by GRUB, PCR 8");
    }
    return byKernel(host, facts, measured);
  }

  private static CommandLineReading byKernel(
      HostEvidence host, BootFacts facts, List<String> measured) {
    if (facts.loadedFiles().isEmpty()) {
      return unproven("the kernel measured no command line", "nothing in PCR 9");
    }
    Bytes first = facts.loadedFiles().getFirst().digest();
    int event = facts.loadedFiles().getFirst().event();
    Optional<String> line =
        candidates(host, measured)
            .filter(each -> LoadOptions.digest(facts.bank(), each).equals(first))
            .findFirst();
    if (line.isEmpty()) {
      return unproven(
          "no line that is known is the one that the kernel measured",
          "digest " + first.hex() + ", event " + event + ", PCR 9");
    }
    List<String> all = new ArrayList<>(measured);
    all.add(line.get());
    return proven(
        all.stream().distinct().toList(), "measured by the kernel, event " + event + ", PCR 9");
  }

  /** Any text will do whose digest is the measured one, wherever it comes from. */
  private static Stream<String> candidates(HostEvidence host, List<String> measured) {
    Stream<String> known =
        Stream.concat(
            host.settings().manifests().stream().map(ImageManifest::embeddedCommandLine),
            host.settings().baselines().stream()
                .flatMap(each ->
                    each.facts().getOrDefault(FactName.KERNEL_COMMAND_LINE, List.of()).stream())
                .map(each -> each.value()));
    return Stream.of(measured.stream(), host.evidence().commandLine().stream(), known)
        .flatMap(each -> each)
        .map(String::strip);
  }

  /** systemd's stub measures options that it was given into PCR 12 and, as it was used to, 8. */
  private static boolean isStubCopy(Bytes pcr8, List<String> measured, TpmHash bank) {
    return measured.stream()
        .anyMatch(each ->
            bank.extend(Bytes.zeros(bank.size()), LoadOptions.digest(bank, each)).equals(pcr8));
  }

  private static boolean isAnsweredFor(
      HostEvidence host, boolean byGrub, Optional<ImageManifest> manifest) {
    if (manifest.isPresent()) {
      return true;
    }
    return host.policy().isOn(Check.BOOT_BASELINE)
        && host.settings().baselines().stream()
            .filter(each -> host.baselines().matched().contains(each.name()))
            .anyMatch(each -> names(each, byGrub));
  }

  private static boolean names(BootBaseline baseline, boolean byGrub) {
    return baseline.facts().containsKey(FactName.BOOT_APPLICATIONS)
        || (!byGrub && baseline.facts().containsKey(FactName.AUTHORITIES));
  }

  private static CommandLineReading proven(List<String> texts, String source) {
    List<KernelArguments> lines = texts.stream().map(KernelArguments::parse).toList();
    boolean more = lines.stream().anyMatch(each -> each.mentions("bootconfig"));
    return more
        ? unproven(
            "the initial RAM disk adds to it (bootconfig)",
            lines.stream().map(KernelArguments::text).toList().toString())
        : new CommandLineReading(lines, source, Optional.empty());
  }

  private static CommandLineReading unproven(String why, String found) {
    return new CommandLineReading(
        List.of(),
        "",
        Optional.of(
            new Finding(
                FindingCode.COMMAND_LINE_UNPROVEN,
                "what the kernel was told is not proven: " + why,
                "a command line that was measured and cannot have been added later",
                found)));
  }
}
