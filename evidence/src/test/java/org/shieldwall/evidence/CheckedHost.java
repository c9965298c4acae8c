package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.shieldwall.evidence.check.HostEvidence;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogReading;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmHash;

/** A host whose enclave measured its keys, and what one check makes of it. */
public record CheckedHost(LogBuilder boot, Optional<String> claimedCommandLine) {
  static final SoftTpm TPM = SoftTpm.make(TpmAlgorithm.ECDSA, TpmHash.SHA256);
  static final Bytes ENCLAVE = LogBuilder.digestOf("the enclave's public keys");
  static final Bytes EXTRA_DATA = LogBuilder.digestOf("nonce and enclave");
  static final Challenge CHALLENGE = new Challenge(Optional.of("rack1-host7"), EXTRA_DATA, ENCLAVE);

  /** A host that booted so in the lab, and says what its kernel was told. */
  public static CheckedHost recorded(String name) {
    RecordedBoot boot = RecordedBoot.of(name);
    return new CheckedHost(LogBuilder.of(boot.eventLog()), Optional.of(boot.commandLine()));
  }

  /** A host that would have booted an image with this line inside, and says so. */
  static CheckedHost sealed(String commandLine) {
    return new CheckedHost(
        new LogBuilder().firmware(true).sealedImage("uki", commandLine).exit(),
        Optional.of(commandLine + "\n"));
  }

  static CheckedHost of(LogBuilder boot) {
    return new CheckedHost(boot, Optional.empty());
  }

  BootFacts facts() {
    return VerifierTest.facts(boot.log());
  }

  /** {@return the default policy, under which its own boot is accepted, and this check} */
  AttestationPolicy policy(Check check) {
    return AttestationPolicy.standard(
            "fabric", 1, List.of(BootBaseline.capture("own", facts(), CaptureLevel.KEYS)))
        .with(Set.of(check));
  }

  UntrustedEvidence evidence(AttestationPolicy policy) {
    Map<Integer, Bytes> values = new TreeMap<>(boot.pcrs().banks().get(TpmHash.SHA256));
    values.put(15, TpmHash.SHA256.extend(Bytes.zeros(32), ENCLAVE));
    values.keySet().retainAll(policy.pcrs());
    PcrValues quoted = PcrValues.of(TpmHash.SHA256, values);
    Bytes attest = TPM.quote(EXTRA_DATA, policy.selection(), quoted);
    return new UntrustedEvidence(
        attest,
        TPM.sign(attest),
        TPM.attestationKey(),
        quoted,
        Optional.of(boot.log()),
        Optional.empty(),
        claimedCommandLine);
  }

  /** {@return what comes of one check; every other one has to pass or be off} */
  CheckResult judge(AttestationPolicy policy, Check check) {
    Appraisal appraisal = Verifier.appraise(policy, evidence(policy), CHALLENGE);
    assertThat(appraisal.checks()).hasSize(Check.values().length);
    for (CheckResult each : appraisal.checks()) {
      if (each.check() != check) {
        assertThat(each.outcome()).as(each.toString()).isIn(Outcome.PASS, Outcome.OFF);
      }
    }
    CheckResult result = appraisal.result(check);
    boolean good = result.outcome() == Outcome.PASS || result.outcome() == Outcome.OFF;
    assertThat(appraisal.verdict() instanceof Verdict.Healthy).isEqualTo(good);
    return result;
  }

  /** {@return the same, with this outcome} */
  CheckResult judge(AttestationPolicy policy, Check check, Outcome outcome) {
    CheckResult result = judge(policy, check);
    assertThat(result.outcome()).isEqualTo(outcome);
    return result;
  }

  /** {@return the evidence as checks read it, under a policy that asks for this one} */
  public HostEvidence read(Check check) {
    AttestationPolicy policy = policy(check);
    return new HostEvidence(policy, evidence(policy), CHALLENGE, LogReading.Source.ANEW);
  }

  CheckResult judge(Check check) {
    return judge(policy(check), check);
  }

  static List<FindingCode> codes(CheckResult result) {
    return result.findings().stream().map(Finding::code).toList();
  }
}
