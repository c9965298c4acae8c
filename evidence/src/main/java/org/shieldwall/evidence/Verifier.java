package org.shieldwall.evidence;

import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.check.HostChecks;
import org.shieldwall.evidence.check.HostEvidence;
import org.shieldwall.evidence.check.ImaReading;
import org.shieldwall.evidence.eventlog.LogReading;
import org.shieldwall.evidence.eventlog.SecureBootState;
import org.shieldwall.tpm.TpmAttest;

/**
 * Appraises evidence under a policy (RFC 9334, section 8.3). A host is healthy only if every {@link
 * Check} that is not off passed. Each is made whatever the others give, and every failure is
 * reported.
 */
public final class Verifier {
  private Verifier() {}

  /** {@return what {@code evidence} comes to under {@code policy}, for this challenge} */
  public static Appraisal appraise(
      AttestationPolicy policy, UntrustedEvidence evidence, Challenge challenge) {
    return appraise(policy, evidence, challenge, LogReading.Source.ANEW);
  }

  /**
   * The same.
   *
   * @param logs where to get what an event log says
   */
  public static Appraisal appraise(
      AttestationPolicy policy,
      UntrustedEvidence evidence,
      Challenge challenge,
      LogReading.Source logs) {
    HostEvidence host = new HostEvidence(policy, evidence, challenge, logs);
    List<CheckResult> results = HostChecks.judge(host);
    Optional<ImaResume> resume =
        host.attest()
            .flatMap(attest -> host.ima().flatMap(ima -> ima.resume(attest.clock().resetCount())));
    boolean healthy =
        results.stream()
            .allMatch(each ->
                each.outcome() == Outcome.PASS
                    || (each.outcome() == Outcome.OFF && !policy.isOn(each.check())));
    Verdict verdict =
        healthy
            ? new Verdict.Healthy(claims(policy, evidence, challenge, host, results))
            : new Verdict.Refused(findings(results));
    return new Appraisal(verdict, results, resume);
  }

  /** What was not checked is no finding of its own: what it rests on says why. */
  private static List<Finding> findings(List<CheckResult> results) {
    return results.stream().flatMap(each -> each.findings().stream()).toList();
  }

  /**
   * What passed, and no more: without {@link Check#BOOT_BASELINE} nobody held the log against the
   * PCRs that a baseline speaks of, and it may tell of any boot.
   */
  private static HealthClaims claims(
      AttestationPolicy policy,
      UntrustedEvidence evidence,
      Challenge challenge,
      HostEvidence host,
      List<CheckResult> results) {
    TpmAttest attest = host.attest().orElseThrow();
    return new HealthClaims(
        challenge.registeredHost().orElseThrow(),
        policy.name(),
        policy.version(),
        passed(Check.BOOT_BASELINE, results) ? host.matchedBaselines() : List.of(),
        policy.bank(),
        passed(Check.SECURE_BOOT, results) ? SecureBootState.ON : SecureBootState.UNKNOWN,
        evidence.attestationKey().name(),
        attest.clock().resetCount(),
        attest.clock().restartCount(),
        host.ima().map(ImaReading::covered).orElse(0L),
        List.copyOf(policy.on()));
  }

  private static boolean passed(Check check, List<CheckResult> results) {
    return results.stream()
        .anyMatch(each -> each.check() == check && each.outcome() == Outcome.PASS);
  }
}
