package org.shieldwall.evidence.check;

import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;

/** {@link Check#EK_REGISTERED}. */
final class RegisteredTpm implements HostCheck {
  private static final String EXPECTED = "a registered endorsement key";

  @Override
  public CheckResult judge(HostEvidence host) {
    Optional<String> name = host.challenge().registeredHost();
    return name.isPresent()
        ? CheckResult.pass(Check.EK_REGISTERED, EXPECTED, "the one of " + name.get())
        : CheckResult.fail(
            Check.EK_REGISTERED,
            List.of(
                new Finding(
                    FindingCode.EK_NOT_REGISTERED,
                    "no host is registered with this endorsement key",
                    EXPECTED,
                    "another")));
  }
}
