package org.shieldwall.evidence.check;

import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.AttestationKey;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.Challenge;
import org.shieldwall.evidence.CheckSettings;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogReading;
import org.shieldwall.evidence.quote.QuoteAppraisal;
import org.shieldwall.evidence.quote.QuoteCheck;
import org.shieldwall.evidence.quote.QuoteExpectations;
import org.shieldwall.evidence.quote.UntrustedQuote;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmSignature;

/**
 * A host's evidence, each piece of it read once. What is in it shows what is wrong even where it is
 * not proven.
 */
public final class HostEvidence {
  private final AttestationPolicy policy;
  private final UntrustedEvidence evidence;
  private final Challenge challenge;
  private final List<Finding> quoteFindings = new ArrayList<>();
  private final Optional<QuoteAppraisal> quote;
  private final PcrValues values;
  private final BootReading boot;
  private final BaselineMatch baselines;
  private final Optional<ImageManifest> manifest;
  private final Optional<ImaReading> ima;
  private Optional<CommandLineReading> commandLine = Optional.empty();

  /** Reads what a policy needs. */
  public HostEvidence(
      AttestationPolicy policy,
      UntrustedEvidence evidence,
      Challenge challenge,
      LogReading.Source logs) {
    this.policy = policy;
    this.evidence = evidence;
    this.challenge = challenge;
    this.quote = quote();
    // Without proven values the claimed ones show what else is wrong; the verdict is settled.
    this.values = quote.flatMap(QuoteAppraisal::proven).orElse(evidence.pcrs());
    this.boot = BootReading.of(evidence.eventLog(), policy, values, logs);
    this.baselines =
        boot.facts()
            .map(facts ->
                BaselineMatch.of(facts, policy.settings().baselines(), evidence.commandLine()))
            .orElse(BaselineMatch.NONE);
    this.manifest = boot.facts().flatMap(facts -> BootedManifest.of(this, facts));
    this.ima = policy.needsImaList() ? Optional.of(ImaReading.of(this)) : Optional.empty();
  }

  private Optional<QuoteAppraisal> quote() {
    Optional<PublicKey> key = AttestationKey.publicKey(evidence.attestationKey());
    if (key.isEmpty()) {
      return Optional.empty();
    }
    try {
      TpmSignature signature = TpmSignature.parse(evidence.signature().toArray());
      QuoteAppraisal appraised =
          QuoteCheck.appraise(
              new UntrustedQuote(evidence.attest(), signature, Optional.of(evidence.pcrs())),
              key.get(),
              new QuoteExpectations(
                  Optional.of(challenge.extraData()),
                  policy.bank(),
                  policy.pcrs(),
                  policy.acceptSha1Signatures()));
      quoteFindings.addAll(appraised.findings());
      return Optional.of(appraised);
    } catch (MalformedException e) {
      quoteFindings.add(Finding.malformed("the quote's signature", e));
      return Optional.empty();
    }
  }

  AttestationPolicy policy() {
    return policy;
  }

  CheckSettings settings() {
    return policy.settings();
  }

  UntrustedEvidence evidence() {
    return evidence;
  }

  Challenge challenge() {
    return challenge;
  }

  List<Finding> quoteFindings() {
    return quoteFindings;
  }

  /** {@return what the TPM signed, if it can be read} */
  public Optional<TpmAttest> attest() {
    return quote.flatMap(QuoteAppraisal::attest);
  }

  /** {@return the values quoted, or else claimed} */
  PcrValues values() {
    return values;
  }

  BootReading boot() {
    return boot;
  }

  /** {@return what the log says, if it can be read} */
  public Optional<BootFacts> facts() {
    return boot.facts();
  }

  BaselineMatch baselines() {
    return baselines;
  }

  /** {@return the manifest that speaks of this boot, if there is one} */
  Optional<ImageManifest> manifest() {
    return manifest;
  }

  /** {@return what the kernel was told; asked for only where there is a log} */
  CommandLineReading commandLine() {
    CommandLineReading reading =
        commandLine.orElseGet(
            () -> CommandLineReading.of(this, boot.facts().orElseThrow(), manifest));
    commandLine = Optional.of(reading);
    return reading;
  }

  /** {@return names of the baselines that the boot matches} */
  public List<String> matchedBaselines() {
    return baselines.matched();
  }

  /** {@return the IMA list, if the policy needs it} */
  public Optional<ImaReading> ima() {
    return ima;
  }
}
