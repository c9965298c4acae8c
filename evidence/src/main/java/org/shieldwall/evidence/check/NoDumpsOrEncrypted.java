package org.shieldwall.evidence.check;

import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.evidence.KernelArguments;

/**
 * {@link Check#NO_DUMPS_OR_ENCRYPTED}: without memory reserved for it ({@code crashkernel=}, {@code
 * fadump=}) the kernel cannot dump; with it, the image's maker has to guarantee that it does so to
 * registered keys only. A guarantee that names no key says that there are no dumps, which reserved
 * memory contradicts.
 */
final class NoDumpsOrEncrypted implements HostCheck {
  private static final Check CHECK = Check.NO_DUMPS_OR_ENCRYPTED;

  @Override
  public CheckResult judge(HostEvidence host) {
    Optional<ImageManifest> manifest =
        host.manifest()
            .filter(each -> each.guarantees().contains(CHECK) && !each.dumpKeys().isEmpty());
    if (host.facts().isEmpty() || manifest.isEmpty()) {
      return new CommandLineCheck(new NoDumps()).judge(host);
    }
    String expected = "dumps to none but registered keys";
    List<Finding> findings =
        manifest.get().dumpKeys().stream()
            .filter(each -> !host.settings().dumpKeys().contains(each))
            .map(each ->
                new Finding(
                    FindingCode.DUMP_KEY_NOT_REGISTERED,
                    "image " + manifest.get().name() + " dumps to a key that is not registered",
                    expected,
                    each.hex()))
            .toList();
    return findings.isEmpty()
        ? CheckResult.pass(CHECK, expected, "guaranteed by the maker of " + manifest.get().name())
        : CheckResult.fail(CHECK, findings);
  }

  /** What the command line shows. */
  private static final class NoDumps implements CommandLineRule {
    @Override
    public Check check() {
      return CHECK;
    }

    @Override
    public FindingCode code() {
      return FindingCode.DUMPS_POSSIBLE;
    }

    @Override
    public String expected(HostEvidence host) {
      return "no crashkernel= and no fadump=";
    }

    @Override
    public Answer answer(KernelArguments line, HostEvidence host) {
      for (String parameter : List.of("crashkernel", "fadump")) {
        if (line.mentions(parameter)) {
          return new Answer.Contradicted(line.all(parameter).getFirst().toString());
        }
      }
      return new Answer.Shown("no memory reserved for dumps");
    }
  }
}
