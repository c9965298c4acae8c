package org.shieldwall.hgs.attestation;

import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.Appraisal;
import org.shieldwall.evidence.Challenge;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.evidence.Verifier;
import org.shieldwall.evidence.eventlog.LogReading;
import org.shieldwall.hgs.attestation.ChallengeToken.Proof;
import org.shieldwall.hgs.policy.PolicySet;
import org.shieldwall.hgs.policy.PolicySet.Applied;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.AttestationBinding;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/** Judges what a host with a TPM answered. */
final class TpmAppraisal {
  private final PolicySource policies;
  private final LogReading.Source logs = new RememberedLogs();
  private final AkCertificates certificates;

  TpmAppraisal(PolicySource policies, AkCertificates certificates) {
    this.policies = policies;
    this.certificates = certificates;
  }

  /**
   * What an answer came to: it is good if there are no findings.
   *
   * @param appraisal of the evidence
   * @param findings everything that is wrong, whether with the evidence or with who sent it
   * @param identified whether it has been shown to come from the TPM that is registered; what comes
   *     from elsewhere says nothing of the host, and is not kept
   * @param applied what the host was held to
   * @param until from when on a certificate of this would not hold
   * @param rules digest of what the host was held to
   */
  record Judgement(
      Appraisal appraisal,
      List<ReportedFinding> findings,
      boolean identified,
      Applied applied,
      Instant until,
      Bytes rules) {}

  /** {@return what {@code request} comes to as an answer to the challenge of {@code token}} */
  Judgement judge(AttestRequest request, ChallengeToken token, RegisteredHost host, Instant now)
      throws MalformedException {
    TpmPublic ak = TpmPublic.parseSized(request.akPublic().toArray());
    List<ReportedFinding> findings = answersChallenge(request, ak, token, host);
    boolean answers = findings.isEmpty();
    PolicySet policySet = policies.current(now);
    Applied applied = policySet.of(host, now);
    Bytes rules = policySet.digestOf(applied);
    token.offset().flatMap(offset -> offset.stale(rules, request)).ifPresent(findings::add);
    Appraisal appraisal =
        Verifier.appraise(applied.policy(), evidence(request, ak), asked(token, host), logs);
    // A certificate of an attestation key is no secret: only a quote shows that the key is there.
    boolean identified =
        answers
            && (token.proof() instanceof Proof.Activation
                || appraisal.result(Check.QUOTE).outcome() == Outcome.PASS);
    Instant until =
        switch (appraisal.verdict()) {
          case Verdict.Healthy healthy -> policySet.until(applied, healthy.claims().baselines());
          case Verdict.Refused refused -> {
            findings.addAll(AttestationFindings.reported(refused.findings()));
            yield now;
          }
        };
    return new Judgement(appraisal, List.copyOf(findings), identified, applied, until, rules);
  }

  /** That the evidence comes from whom the challenge was made for. */
  private List<ReportedFinding> answersChallenge(
      AttestRequest request, TpmPublic ak, ChallengeToken token, RegisteredHost host) {
    List<ReportedFinding> findings = new ArrayList<>();
    switch (token.proof()) {
      case Proof.Activation(Bytes secret) -> {
        if (!MessageDigest.isEqual(request.activatedSecret().toArray(), secret.toArray())) {
          findings.add(AttestationFindings.notActivated());
        }
      }
      case Proof.Certificate(Bytes serial) ->
          certificates.stillCounts(serial, host).ifPresent(findings::add);
      // Such tokens do not come here: their mode is checked when they are opened.
      case Proof.HostKey _, Proof.Ticket _ -> findings.add(AttestationFindings.notActivated());
    }
    if (!ak.name().value().equals(token.akName())) {
      findings.add(AttestationFindings.changed("attestation key"));
    }
    if (!Bytes.of(request.enclave().id().bytes()).equals(token.enclave())) {
      findings.add(AttestationFindings.changed("enclave"));
    }
    return findings;
  }

  private static UntrustedEvidence evidence(AttestRequest request, TpmPublic ak) {
    return new UntrustedEvidence(
        request.quote(),
        request.signature(),
        ak,
        PcrValues.of(TpmHash.SHA256, request.pcrs()),
        Optional.of(request.eventLog()),
        request.ima(),
        request.commandLine());
  }

  private static Challenge asked(ChallengeToken token, RegisteredHost host) {
    return new Challenge(
        Optional.of(host.name()),
        AttestationBinding.extraData(token.nonce(), token.enclave()),
        token.enclave(),
        token.offset().map(ImaOffset::resume));
  }
}
