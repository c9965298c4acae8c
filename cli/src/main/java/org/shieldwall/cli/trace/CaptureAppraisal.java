package org.shieldwall.cli.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.Challenge;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.Verifier;
import org.shieldwall.hgs.store.EndorsementKey;
import org.shieldwall.protocol.Capture;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/**
 * A capture held against a policy. Two checks rest on what a service alone knows: whether the TPM
 * is registered, and, where the policy names no boot, which boots are accepted. They are not judged
 * here, and what is not judged is no pass.
 */
public final class CaptureAppraisal {
  /** How the result of a check begins that cannot be made without the service. */
  static final String SERVICE_ALONE = "the service alone knows";

  private CaptureAppraisal() {}

  /**
   * {@return what came of each check}
   *
   * @throws MalformedException if the attestation key's public area cannot be read
   */
  public static List<CheckResult> of(Capture capture, AttestationPolicy policy)
      throws MalformedException {
    UntrustedEvidence evidence =
        new UntrustedEvidence(
            capture.quote(),
            capture.signature(),
            TpmPublic.parseSized(capture.akPublic().toArray()),
            PcrValues.of(TpmHash.SHA256, capture.pcrs()),
            Optional.of(capture.eventLog()),
            capture.ima(),
            Optional.of(capture.kernel().commandLine()).filter(line -> !line.isEmpty()));
    Challenge challenge =
        new Challenge(
            Optional.of(capture.identity().name()),
            capture.extraData(),
            capture.enclave().orElse(Capture.noEnclave()));
    List<CheckResult> results = new ArrayList<>();
    for (CheckResult each : Verifier.appraise(policy, evidence, challenge).checks()) {
      results.add(withoutTheService(each, capture, policy));
    }
    return results;
  }

  private static CheckResult withoutTheService(
      CheckResult result, Capture capture, AttestationPolicy policy) {
    return switch (result.check()) {
      case EK_REGISTERED ->
          CheckResult.notChecked(
              Check.EK_REGISTERED, result.expected(), SERVICE_ALONE + keyOf(capture));
      case BOOT_BASELINE ->
          policy.isOn(Check.BOOT_BASELINE) && policy.settings().baselines().isEmpty()
              ? CheckResult.notChecked(
                  Check.BOOT_BASELINE,
                  "a boot that the service accepts",
                  SERVICE_ALONE + " which it accepts")
              : result;
      default -> result;
    };
  }

  /** The digest that the service shows, so that the two can be compared. */
  private static String keyOf(Capture capture) {
    try {
      EndorsementKey key = EndorsementKey.of(capture.identity().ekPublic());
      return "; this key is sha256:" + key.id().hex();
    } catch (MalformedException problem) {
      return "; this key cannot be read: " + problem.getMessage();
    }
  }
}
