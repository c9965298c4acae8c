package org.shieldwall.evidence.check;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.evidence.KernelArguments;
import org.shieldwall.tpm.Bytes;

/** {@link Check#CODE_INTEGRITY}: the IMA list, the root hashes, or both, as the policy asks. */
final class CodeIntegrity implements HostCheck {
  @Override
  public CheckResult judge(HostEvidence host) {
    boolean verity = !roots(host).isEmpty();
    if (host.ima().isEmpty() && !verity) {
      return CheckResult.fail(
          Check.CODE_INTEGRITY,
          List.of(
              new Finding(
                  FindingCode.CODE_INTEGRITY_MISSING,
                  "the policy asks for code integrity and has no rules",
                  "an allow-list or root hashes",
                  "neither")));
    }
    List<Finding> findings = new ArrayList<>();
    List<String> found = new ArrayList<>();
    host.ima()
        .ifPresent(ima -> {
          findings.addAll(ima.findings());
          found.add(ima.covered() + " entries of the IMA list, each allowed");
        });
    if (verity && host.facts().isEmpty()) {
      return findings.isEmpty()
          ? CheckResult.notChecked(
              Check.CODE_INTEGRITY, "a root hash that is allowed", "no event log")
          : CheckResult.fail(Check.CODE_INTEGRITY, findings);
    }
    if (verity) {
      verity(host, findings, found);
    }
    return findings.isEmpty()
        ? CheckResult.pass(
            Check.CODE_INTEGRITY, "nothing but what is allowed", String.join("; ", found))
        : CheckResult.fail(Check.CODE_INTEGRITY, findings);
  }

  /** The policy's own, and those of the manifest that speaks of this boot. */
  private static Set<Bytes> roots(HostEvidence host) {
    Set<Bytes> roots = new HashSet<>(host.settings().codeIntegrity().verityRoots());
    host.manifest().map(ImageManifest::verityRoots).ifPresent(roots::addAll);
    return roots;
  }

  private static void verity(HostEvidence host, List<Finding> findings, List<String> found) {
    CommandLineReading reading = host.commandLine();
    if (reading.unproven().isPresent()) {
      findings.add(reading.unproven().get());
      return;
    }
    Set<Bytes> allowed = roots(host);
    for (KernelArguments line : reading.lines()) {
      List<Bytes> roots = VerityRoots.of(line);
      Optional<KernelArguments.Word> around = VerityRoots.around(line);
      if (roots.isEmpty() || around.isPresent() || !allowed.containsAll(roots)) {
        String hashes =
            roots.isEmpty() ? "no root hash" : roots.stream().map(Bytes::hex).toList().toString();
        findings.add(
            new Finding(
                FindingCode.VERITY_ROOT_NOT_ALLOWED,
                "the file system booted is not one of those allowed",
                "roothash= or usrhash= of one of " + allowed.size() + " root hashes",
                around.map(each -> hashes + " beside " + each).orElse(hashes)
                    + ", "
                    + reading.source()));
        return;
      }
      found.add("root hash " + roots.getFirst().hex() + ", " + reading.source());
    }
  }
}
