package org.shieldwall.evidence;

import java.util.List;
import org.shieldwall.evidence.eventlog.SecureBootState;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmName;

/**
 * What has been proven of a healthy host.
 *
 * @param host the name its endorsement key is registered under
 * @param policy the policy's name
 * @param policyVersion the policy's version
 * @param baselines names of the baselines that the boot matches; empty where the check is off
 * @param bank the bank everything was checked in
 * @param secureBoot Secure Boot's state; unknown where the check is off
 * @param akName name of the attestation key
 * @param resetCount how often the TPM was reset: boots of the host
 * @param restartCount how often it was restarted without a reset: resumes
 * @param imaEntries how many entries of the IMA list the quote covers; 0 where the policy needs
 *     none
 * @param checks the checks that were on, all of which passed
 */
public record HealthClaims(
    String host,
    String policy,
    int policyVersion,
    List<String> baselines,
    TpmHash bank,
    SecureBootState secureBoot,
    TpmName akName,
    long resetCount,
    long restartCount,
    long imaEntries,
    List<Check> checks) {
  /** Keeps its own copies of the lists. */
  public HealthClaims {
    baselines = List.copyOf(baselines);
    checks = List.copyOf(checks);
  }
}
