package org.shieldwall.evidence.check;

import java.util.Optional;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.KernelArguments;

/**
 * {@link Check#MODULE_SIGNATURES}: {@code module.sig_enforce=1}, which can be switched on and never
 * off; or lockdown, which includes it.
 */
final class ModuleSignatures implements CommandLineRule {
  private static final String PARAMETER = "module.sig_enforce";

  @Override
  public Check check() {
    return Check.MODULE_SIGNATURES;
  }

  @Override
  public FindingCode code() {
    return FindingCode.MODULE_SIGNATURES_NOT_ENFORCED;
  }

  @Override
  public String expected(HostEvidence host) {
    return "module.sig_enforce=1 or lockdown";
  }

  @Override
  public Answer answer(KernelArguments line, HostEvidence host) {
    Optional<KernelArguments.Word> word = line.all(PARAMETER).stream().findFirst();
    if (word.isPresent() && !line.isOn(PARAMETER)) {
      return new Answer.Contradicted(line.all(PARAMETER).toString());
    }
    if (word.isPresent()) {
      return new Answer.Shown(word.get().toString());
    }
    return KernelLockdown.isShown(line)
        ? new Answer.Shown(line.all("lockdown").getFirst().toString())
        : new Answer.Silent("neither");
  }
}
