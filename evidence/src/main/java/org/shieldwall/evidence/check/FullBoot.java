package org.shieldwall.evidence.check;

import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.tpm.TpmAttest;

/**
 * {@link Check#FULL_BOOT}. The TPM counts each start-up after a TPM2_Shutdown(STATE) since its last
 * reset (TPM 2.0 Library, Part 1, section 12.2.3): one is a resume from sleep. The count is not
 * obfuscated only for keys of the endorsement hierarchy (Part 1, section 36.7): another key's shows
 * a number that is not zero, and the host is refused.
 */
final class FullBoot implements HostCheck {
  private static final String EXPECTED = "no restart since the TPM's last reset";

  @Override
  public CheckResult judge(HostEvidence host) {
    Optional<TpmAttest> attest = host.attest();
    if (attest.isEmpty()) {
      return CheckResult.notChecked(Check.FULL_BOOT, EXPECTED, "no quote");
    }
    long restarts = attest.get().clock().restartCount();
    return restarts == 0
        ? CheckResult.pass(
            Check.FULL_BOOT,
            EXPECTED,
            "restart count 0, reset count " + attest.get().clock().resetCount() + ", in the quote")
        : CheckResult.fail(
            Check.FULL_BOOT,
            List.of(
                new Finding(
                    FindingCode.HOST_RESUMED,
                    "the quote shows a start-up that was no full boot",
                    EXPECTED,
                    "restart count " + restarts)));
  }
}
