package org.shieldwall.evidence;

import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.SecureBootState;
import org.shieldwall.evidence.quote.QuoteAppraisal;
import org.shieldwall.evidence.quote.QuoteCheck;
import org.shieldwall.evidence.quote.QuoteExpectations;
import org.shieldwall.evidence.quote.UntrustedQuote;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmSignature;

/**
 * Appraises evidence under a policy (RFC 9334, section 8.3). A host is healthy only if
 *
 * <ol>
 *   <li>its endorsement key is registered,
 *   <li>its attestation key is one that signs nothing but what its TPM says,
 *   <li>the quote is that key's, answers this challenge for this enclave, and covers every PCR that
 *       counts,
 *   <li>the event log leads to the quoted values, and every event in the PCRs that are reasoned
 *       about can be accounted for,
 *   <li>Secure Boot was on and the boot is one of the baselines,
 *   <li>PCR 15 holds the enclave's key and nothing else,
 *   <li>the IMA list, where one is wanted, leads to the quoted PCR 10 and names nothing else than
 *       what is allowed.
 * </ol>
 *
 * Each is checked whatever the others give, and every failure is reported.
 */
public final class Verifier {
  private final AttestationPolicy policy;
  private final UntrustedEvidence evidence;
  private final Challenge challenge;
  private final List<Finding> findings = new ArrayList<>();

  private Verifier(AttestationPolicy policy, UntrustedEvidence evidence, Challenge challenge) {
    this.policy = policy;
    this.evidence = evidence;
    this.challenge = challenge;
  }

  /** {@return what {@code evidence} comes to under {@code policy}, for this challenge} */
  public static Verdict appraise(
      AttestationPolicy policy, UntrustedEvidence evidence, Challenge challenge) {
    return new Verifier(policy, evidence, challenge).appraise();
  }

  private Verdict appraise() {
    if (challenge.registeredHost().isEmpty()) {
      add(
          FindingCode.EK_NOT_REGISTERED,
          "no host is registered with this endorsement key",
          "a registered endorsement key",
          "another");
    }
    findings.addAll(AttestationKey.check(evidence.attestationKey(), policy.acceptSha1Signatures()));
    Optional<QuoteAppraisal> quote = quote();
    // Without proven values the claimed ones show what else is wrong; the verdict is settled.
    PcrValues values = quote.flatMap(QuoteAppraisal::proven).orElse(evidence.pcrs());
    Optional<BootFacts> facts = boot(values);
    List<String> baselines = facts.map(this::baselines).orElse(List.of());
    enclaveKey(values);
    OptionalLong imaEntries = ima(values);
    if (!findings.isEmpty()) {
      return new Verdict.Refused(findings);
    }
    TpmAttest attest = quote.flatMap(QuoteAppraisal::attest).orElseThrow();
    return new Verdict.Healthy(
        new HealthClaims(
            challenge.registeredHost().orElseThrow(),
            policy.name(),
            policy.version(),
            baselines,
            policy.bank(),
            facts.map(BootFacts::secureBoot).orElse(SecureBootState.UNKNOWN),
            evidence.attestationKey().name(),
            attest.clock().resetCount(),
            attest.clock().restartCount(),
            imaEntries.orElse(0)));
  }

  private Optional<QuoteAppraisal> quote() {
    Optional<PublicKey> key = AttestationKey.publicKey(evidence.attestationKey());
    if (key.isEmpty()) {
      return Optional.empty();
    }
    try {
      TpmSignature signature = TpmSignature.parse(evidence.signature().toArray());
      QuoteAppraisal quote =
          QuoteCheck.appraise(
              new UntrustedQuote(evidence.attest(), signature, Optional.of(evidence.pcrs())),
              key.get(),
              new QuoteExpectations(
                  Optional.of(challenge.extraData()),
                  policy.bank(),
                  policy.pcrs(),
                  policy.acceptSha1Signatures()));
      findings.addAll(quote.findings());
      return Optional.of(quote);
    } catch (MalformedException e) {
      findings.add(Finding.malformed("the quote's signature", e));
      return Optional.empty();
    }
  }

  private Optional<BootFacts> boot(PcrValues values) {
    SortedSet<Integer> reasoned = policy.reasonedPcrs();
    if (reasoned.isEmpty()) {
      missingBaseline();
      return Optional.empty();
    }
    if (evidence.eventLog().isEmpty()) {
      findings.add(Finding.missing("an event log", "the host sent no event log"));
      missingBaseline();
      return Optional.empty();
    }
    Optional<BootFacts> facts =
        BootCheck.replay(evidence.eventLog().get(), policy, values, findings);
    facts.ifPresent(found -> BootCheck.secureBoot(found, policy, findings));
    if (facts.isEmpty()) {
      missingBaseline();
    }
    return facts;
  }

  private void missingBaseline() {
    if (policy.requireBaseline() && policy.baselines().isEmpty()) {
      add(
          FindingCode.BOOT_BASELINE_MISSING,
          "the policy asks for a baseline and has none",
          "at least one baseline",
          "none");
    }
  }

  /** Any one baseline will do; if none does, the nearest says what differs. */
  private List<String> baselines(BootFacts facts) {
    missingBaseline();
    List<String> matched = new ArrayList<>();
    List<Finding> nearest = List.of();
    for (BootBaseline baseline : policy.baselines()) {
      List<Finding> differences = baseline.compare(facts);
      if (differences.isEmpty()) {
        matched.add(baseline.name());
      } else if (nearest.isEmpty() || differences.size() < nearest.size()) {
        nearest = differences;
      }
    }
    if (matched.isEmpty() && policy.requireBaseline()) {
      findings.addAll(nearest);
    }
    return matched;
  }

  /**
   * PCR 15 starts as zero and is extended once per boot, with the enclave's id. Whoever comes later
   * can extend it further, but never back to this value.
   */
  private void enclaveKey(PcrValues values) {
    TpmHash bank = policy.bank();
    Bytes id = challenge.enclaveId();
    Bytes extended = id.length() == bank.size() ? id : bank.hash(id);
    Bytes expected = bank.extend(Bytes.zeros(bank.size()), extended);
    Optional<Bytes> found = values.value(bank, AttestationPolicy.ENCLAVE_PCR);
    if (found.isEmpty() || !found.get().equals(expected)) {
      add(
          FindingCode.ENCLAVE_KEY_NOT_MEASURED,
          "PCR 15 is not zero extended once with this enclave's id",
          expected.hex(),
          found.map(Bytes::hex).orElse("no value"));
    }
  }

  private OptionalLong ima(PcrValues values) {
    if (policy.ima().isEmpty()) {
      return OptionalLong.empty();
    }
    if (evidence.imaList().isEmpty()) {
      findings.add(Finding.missing("an IMA list", "the host sent no IMA list"));
      return OptionalLong.empty();
    }
    ImaCheck check = new ImaCheck(policy.ima().get(), policy.bank(), values);
    OptionalLong entries = check.appraise(evidence.imaList().get());
    findings.addAll(check.findings());
    return entries;
  }

  private void add(FindingCode code, String detail, String expected, String found) {
    findings.add(new Finding(code, detail, expected, found));
  }
}
