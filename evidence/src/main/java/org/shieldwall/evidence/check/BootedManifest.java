package org.shieldwall.evidence.check;

import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.MeasuredDigest;
import org.shieldwall.evidence.eventlog.MeasuredText;
import org.shieldwall.tpm.Bytes;

/**
 * {@link Check#IMAGE_MANIFEST}. A manifest speaks of a boot of exactly its images, with nothing
 * added from beside them: no other command line or credential (PCRs 8 and 12) and no system
 * extension (PCR 13).
 */
final class BootedManifest implements HostCheck {
  private static final String EXPECTED = "an image that a manifest names, and nothing added to it";

  @Override
  public CheckResult judge(HostEvidence host) {
    if (host.settings().manifests().isEmpty()) {
      return fail(
          FindingCode.IMAGE_MANIFEST_MISSING,
          "the policy asks for a manifest and has none",
          "none");
    }
    if (host.facts().isEmpty()) {
      return CheckResult.notChecked(Check.IMAGE_MANIFEST, EXPECTED, "no event log");
    }
    Optional<ImageManifest> manifest = host.manifest();
    return manifest.isPresent()
        ? CheckResult.pass(
            Check.IMAGE_MANIFEST, EXPECTED, "image " + manifest.get().name() + ", PCR 4")
        : fail(
            FindingCode.IMAGE_WITHOUT_MANIFEST,
            "no manifest speaks of this boot",
            found(host.facts().get()));
  }

  private static String found(BootFacts facts) {
    List<String> images =
        facts.bootApplications().stream().map(each -> each.digest().hex()).toList();
    return "images " + images + ", added command lines " + facts.kernelCommandLine().size();
  }

  private static CheckResult fail(FindingCode code, String detail, String found) {
    return CheckResult.fail(
        Check.IMAGE_MANIFEST, List.of(new Finding(code, detail, EXPECTED, found)));
  }

  /** {@return the manifest of this boot} */
  static Optional<ImageManifest> of(HostEvidence host, BootFacts facts) {
    List<Bytes> images = facts.bootApplications().stream().map(MeasuredDigest::digest).toList();
    List<String> lines = facts.kernelCommandLine().stream().map(MeasuredText::text).toList();
    boolean extended =
        host.values()
            .value(facts.bank(), AttestationPolicy.EXTENSIONS_PCR)
            .filter(Bytes::isAllZero)
            .isEmpty();
    return extended
        ? Optional.empty()
        : host.settings().manifests().stream()
            .filter(each -> each.bootApplications().equals(images))
            .filter(each -> each.commandLines().equals(lines))
            .findFirst();
  }
}
