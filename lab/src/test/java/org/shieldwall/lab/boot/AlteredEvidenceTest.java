package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.shieldwall.evidence.Appraisal;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.Challenge;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.evidence.Verifier;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmHash;

/** Evidence of a real boot, quoted by its own TPM, and what an attacker can make of it. */
@Tag("boot")
class AlteredEvidenceTest {
  private static final Bytes ENCLAVE = TpmHash.SHA256.hash(Bytes.ofText("the enclave's keys"));
  private static final Bytes NONCE = TpmHash.SHA256.hash(Bytes.ofText("nonce and enclave"));
  private static final Challenge CHALLENGE = new Challenge(Optional.of("rack1"), NONCE, ENCLAVE);
  private static final AttestationPolicy POLICY =
      AttestationPolicy.standard("lab", 1, List.of()).without(Set.of(Check.BOOT_BASELINE));

  private static UntrustedEvidence evidence(HostVariant variant, PcrSelection selection)
      throws Exception {
    try (RunningHost running = RunningHost.of(RealBoots.of(variant))) {
      running.measureEnclave(ENCLAVE);
      return running.evidence(NONCE, selection);
    }
  }

  private static Set<FindingCode> codes(UntrustedEvidence evidence) {
    Appraisal appraisal = Verifier.appraise(POLICY, evidence, CHALLENGE);
    assertThat(appraisal.verdict()).isInstanceOf(Verdict.Refused.class);
    return appraisal.checks().stream()
        .flatMap(each -> each.findings().stream())
        .map(each -> each.code())
        .collect(Collectors.toSet());
  }

  private static UntrustedEvidence signed(UntrustedEvidence good, Bytes signature) {
    return new UntrustedEvidence(
        good.attest(),
        signature,
        good.attestationKey(),
        good.pcrs(),
        good.eventLog(),
        good.imaList(),
        good.commandLine());
  }

  @Test
  void givenNoSignatureOrAnothersThenTheQuoteIsNotBelieved() throws Exception {
    UntrustedEvidence good = evidence(HostVariant.STANDARD, POLICY.selection());
    UntrustedEvidence others = evidence(HostVariant.LOCKDOWN_INTEGRITY, POLICY.selection());
    assertThat(Verifier.appraise(POLICY, good, CHALLENGE).verdict())
        .isInstanceOf(Verdict.Healthy.class);

    assertThat(codes(signed(good, Bytes.EMPTY))).contains(FindingCode.EVIDENCE_MALFORMED);
    assertThat(codes(signed(good, others.signature())))
        .contains(FindingCode.QUOTE_SIGNATURE_INVALID);
  }

  @Test
  void givenAQuoteOfAnotherBankOrOfFewerPcrsThenNothingIsTakenFromIt() throws Exception {
    int[] pcrs = POLICY.pcrs().stream().mapToInt(Integer::intValue).toArray();
    PcrSelection withoutEnclave = PcrSelection.of(TpmHash.SHA256, 7);

    assertThat(codes(evidence(HostVariant.STANDARD, PcrSelection.of(TpmHash.SHA1, pcrs))))
        .contains(FindingCode.PCR_NOT_QUOTED);
    assertThat(codes(evidence(HostVariant.STANDARD, withoutEnclave)))
        .contains(FindingCode.PCR_NOT_QUOTED, FindingCode.ENCLAVE_KEY_NOT_MEASURED);
  }

  @Test
  void givenAllThatCanBeSwitchedOffIsOffThenWhoItIsStillCountsAndNothingElseIsClaimed()
      throws Exception {
    Set<Check> switchable = EnumSet.noneOf(Check.class);
    for (Check each : Check.values()) {
      if (each.canBeSwitched() && each != Check.ENCLAVE_MEASURED) {
        switchable.add(each);
      }
    }
    AttestationPolicy off = POLICY.without(switchable);
    UntrustedEvidence good = evidence(HostVariant.SECURE_BOOT_OFF, off.selection());
    Challenge stranger = new Challenge(Optional.empty(), NONCE, ENCLAVE);

    Appraisal appraisal = Verifier.appraise(off, good, CHALLENGE);

    assertThat(appraisal.verdict()).isInstanceOf(Verdict.Healthy.class);
    for (Check each : switchable) {
      assertThat(appraisal.result(each)).extracting(CheckResult::outcome).isEqualTo(Outcome.OFF);
    }
    assertThat(Verifier.appraise(off, good, stranger).verdict())
        .isInstanceOf(Verdict.Refused.class);
  }
}
