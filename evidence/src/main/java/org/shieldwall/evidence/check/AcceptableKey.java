package org.shieldwall.evidence.check;

import java.util.List;
import org.shieldwall.evidence.AttestationKey;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;

/** {@link Check#AK_ACCEPTABLE}. */
final class AcceptableKey implements HostCheck {
  @Override
  public CheckResult judge(HostEvidence host) {
    List<Finding> findings =
        AttestationKey.check(
            host.evidence().attestationKey(), host.policy().acceptSha1Signatures());
    return findings.isEmpty()
        ? CheckResult.pass(
            Check.AK_ACCEPTABLE,
            "a restricted signing key made by and fixed to its TPM",
            "key " + host.evidence().attestationKey().name().value().hex())
        : CheckResult.fail(Check.AK_ACCEPTABLE, findings);
  }
}
