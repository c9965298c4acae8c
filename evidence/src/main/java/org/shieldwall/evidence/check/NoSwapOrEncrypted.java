package org.shieldwall.evidence.check;

import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.KernelArguments;

/**
 * {@link Check#NO_SWAP_OR_ENCRYPTED}: a maker's guarantee and no less. {@code systemd.swap=0} says
 * what is started, not what root may add.
 */
final class NoSwapOrEncrypted implements CommandLineRule {
  @Override
  public Check check() {
    return Check.NO_SWAP_OR_ENCRYPTED;
  }

  @Override
  public FindingCode code() {
    return FindingCode.SWAP_UNPROVEN;
  }

  @Override
  public String expected(HostEvidence host) {
    return "a manifest of the image that guarantees it";
  }

  @Override
  public Answer answer(KernelArguments line, HostEvidence host) {
    if (line.mentions("systemd.swap") && line.isOn("systemd.swap")) {
      return new Answer.Contradicted(line.all("systemd.swap").toString());
    }
    return new Answer.Silent("no guarantee");
  }
}
