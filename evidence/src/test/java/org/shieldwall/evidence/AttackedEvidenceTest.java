package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.evidence.eventlog.EfiVariable;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.evidence.eventlog.SecureBootState;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.ObjectAttribute;
import org.shieldwall.tpm.ObjectAttributes;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/** What peers have been taken in by: the wrong bank, too few PCRs, keys that sign anything. */
class AttackedEvidenceTest {
  private static final CheckedHost HOST = CheckedHost.sealed("quiet");
  private static final AttestationPolicy POLICY = HOST.policy(Check.SECURE_BOOT);

  private static UntrustedEvidence with(PcrSelection selection, PcrValues quoted, TpmPublic key) {
    Bytes attest = CheckedHost.TPM.quote(CheckedHost.EXTRA_DATA, selection, quoted);
    return new UntrustedEvidence(
        attest,
        CheckedHost.TPM.sign(attest),
        key,
        quoted,
        Optional.of(HOST.boot().log()),
        Optional.empty());
  }

  private static Appraisal appraise(UntrustedEvidence evidence) {
    return Verifier.appraise(POLICY, evidence, CheckedHost.CHALLENGE);
  }

  private static Map<Integer, Bytes> values() {
    return new TreeMap<>(HOST.evidence(POLICY).pcrs().banks().get(TpmHash.SHA256));
  }

  private static void refusedWithoutAPassThatRestsOnTheQuote(Appraisal appraisal) {
    assertThat(appraisal.verdict()).isInstanceOf(Verdict.Refused.class);
    assertThat(appraisal.checks())
        .filteredOn(each -> each.outcome() == Outcome.PASS)
        .extracting(CheckResult::check)
        .isSubsetOf(Check.EK_REGISTERED, Check.AK_ACCEPTABLE);
  }

  /**
   * An algorithm of nobody's: what a reader that skips what it does not know would take for any.
   */
  private static final int UNKNOWN_BANK = 0x0BAD;

  /** {@return a genuine quote of the TPM's, whose selection names this bank instead} */
  private static Appraisal ofBank(int algorithm, Bytes digest) {
    PcrValues quoted = HOST.evidence(POLICY).pcrs();
    int[] pcrs = POLICY.pcrs().stream().mapToInt(Integer::intValue).toArray();
    byte[] selection = PcrSelection.of(TpmHash.SHA256, pcrs).marshal().toArray();
    selection[4] = (byte) (algorithm >> 8);
    selection[5] = (byte) algorithm;
    Bytes attest =
        new ByteWriter()
            .u32(0xFF544347L)
            .u16(0x8018)
            .sized(CheckedHost.TPM.attestationKey().name().value())
            .sized(CheckedHost.EXTRA_DATA)
            .u64(123_456)
            .u32(7)
            .u32(0)
            .u8(1)
            .u64(0x2019_1023)
            .bytes(selection)
            .sized(digest)
            .toBytes();
    return appraise(
        new UntrustedEvidence(
            attest,
            CheckedHost.TPM.sign(attest),
            CheckedHost.TPM.attestationKey(),
            quoted,
            Optional.of(HOST.boot().log()),
            Optional.empty(),
            HOST.claimedCommandLine()));
  }

  @Test
  void givenAQuoteOfABankThatNobodyKnowsThenItIsReadAsNone() {
    PcrSelection selection =
        PcrSelection.of(
            TpmHash.SHA256, POLICY.pcrs().stream().mapToInt(Integer::intValue).toArray());
    Bytes digest = HOST.evidence(POLICY).pcrs().digest(TpmHash.SHA256, selection).orElseThrow();
    assertThat(ofBank(TpmHash.SHA256.id(), digest).verdict())
        .as("the very quote, with the bank it is of")
        .isInstanceOf(Verdict.Healthy.class);
    Appraisal unknown = ofBank(UNKNOWN_BANK, digest);
    refusedWithoutAPassThatRestsOnTheQuote(unknown);
    assertThat(CheckedHost.codes(unknown.result(Check.QUOTE)))
        .containsExactly(FindingCode.EVIDENCE_MALFORMED);
    assertThat(unknown.result(Check.QUOTE).findings().getFirst().found()).contains("0x0bad");
  }

  @Test
  void givenAQuoteOfEachPcrButOneThenThatOneIsMissed() {
    for (int pcr : POLICY.pcrs()) {
      Map<Integer, Bytes> fewer = values();
      fewer.remove(pcr);
      PcrSelection selection =
          PcrSelection.of(
              TpmHash.SHA256, fewer.keySet().stream().mapToInt(Integer::intValue).toArray());
      Appraisal appraisal =
          appraise(
              with(
                  selection,
                  PcrValues.of(TpmHash.SHA256, fewer),
                  CheckedHost.TPM.attestationKey()));
      refusedWithoutAPassThatRestsOnTheQuote(appraisal);
      assertThat(CheckedHost.codes(appraisal.result(Check.QUOTE)))
          .as("PCR %d", pcr)
          .containsExactly(FindingCode.PCR_NOT_QUOTED);
    }
  }

  @Test
  void givenAQuoteOfAnotherBankThenItIsNotHeldForThePolicys() {
    Map<Integer, Bytes> sha1 = new TreeMap<>();
    POLICY.pcrs().forEach(pcr -> sha1.put(pcr, TpmHash.SHA1.hash(Bytes.ofText("pcr " + pcr))));
    PcrSelection selection =
        PcrSelection.of(TpmHash.SHA1, POLICY.pcrs().stream().mapToInt(Integer::intValue).toArray());
    Appraisal appraisal =
        appraise(
            with(selection, PcrValues.of(TpmHash.SHA1, sha1), CheckedHost.TPM.attestationKey()));
    refusedWithoutAPassThatRestsOnTheQuote(appraisal);
    assertThat(CheckedHost.codes(appraisal.result(Check.QUOTE)))
        .containsExactly(FindingCode.PCR_NOT_QUOTED);
    // Good values of the right bank beside a quote of the wrong one.
    UntrustedEvidence sent =
        with(selection, PcrValues.of(TpmHash.SHA1, sha1), CheckedHost.TPM.attestationKey());
    Appraisal beside =
        appraise(
            new UntrustedEvidence(
                sent.attest(),
                sent.signature(),
                sent.attestationKey(),
                PcrValues.of(TpmHash.SHA256, values()),
                sent.eventLog(),
                Optional.empty()));
    refusedWithoutAPassThatRestsOnTheQuote(beside);
    assertThat(CheckedHost.codes(beside.result(Check.QUOTE)))
        .contains(FindingCode.PCR_NOT_QUOTED, FindingCode.PCR_VALUE_NOT_QUOTED);
  }

  @ParameterizedTest
  @EnumSource(
      value = ObjectAttribute.class,
      names = {"FIXED_TPM", "FIXED_PARENT", "SENSITIVE_DATA_ORIGIN", "RESTRICTED", "SIGN"})
  void givenAKeyWithoutOneOfTheAttributesThenNothingItSignsCounts(ObjectAttribute missing) {
    EnumSet<ObjectAttribute> attributes = EnumSet.noneOf(ObjectAttribute.class);
    for (ObjectAttribute each : ObjectAttribute.values()) {
      if (CheckedHost.TPM.attestationKey().attributes().has(each) && each != missing) {
        attributes.add(each);
      }
    }
    TpmPublic key =
        CheckedHost.TPM.attestationKey(
            ObjectAttributes.of(attributes.toArray(ObjectAttribute[]::new)));
    UntrustedEvidence good = HOST.evidence(POLICY);
    Appraisal appraisal =
        appraise(
            new UntrustedEvidence(
                good.attest(),
                good.signature(),
                key,
                good.pcrs(),
                good.eventLog(),
                Optional.empty()));
    assertThat(CheckedHost.codes(appraisal.result(Check.AK_ACCEPTABLE)))
        .containsOnly(FindingCode.AK_UNACCEPTABLE);
    assertThat(appraisal.checks())
        .filteredOn(each -> each.outcome() == Outcome.PASS)
        .as("the quote rests on the key, and everything else on the quote")
        .extracting(CheckResult::check)
        .containsOnly(Check.EK_REGISTERED);
  }

  /** Logs that replay, and tell two stories. */
  private static Map<String, LogBuilder> contradictions() {
    Map<String, LogBuilder> logs = new TreeMap<>();
    LogBuilder nobody = new LogBuilder().firmware(true);
    logs.put(
        "images that no key let run",
        nobody.application(LogBuilder.digestOf("uki"), "\\uki.efi").exit());
    logs.put(
        "Secure Boot on and, before that, off",
        new LogBuilder()
            .variable(7, EfiVariable.GLOBAL, "SecureBoot", Bytes.ofHex("00"))
            .firmware(true)
            .sealedImage("uki", "quiet")
            .exit());
    LogBuilder twice = new LogBuilder().firmware(true).sealedImage("uki", "quiet");
    logs.put("PCR 7 closed twice", twice.measured(7, EventType.SEPARATOR, Bytes.zeros(4)).exit());
    LogBuilder error = new LogBuilder();
    error.measured(7, EventType.SEPARATOR, Bytes.ofHex("01000000"));
    logs.put(
        "firmware that failed and went on",
        error.firmware(true).sealedImage("uki", "quiet").exit());
    return logs;
  }

  @Test
  void givenALogThatReplaysAndContradictsItselfThenSecureBootIsNotShown() {
    contradictions()
        .forEach((story, boot) -> {
          CheckedHost host = CheckedHost.of(boot);
          AttestationPolicy policy =
              AttestationPolicy.standard("x", 1, List.of()).without(Set.of(Check.BOOT_BASELINE));
          Appraisal appraisal =
              Verifier.appraise(policy, host.evidence(policy), CheckedHost.CHALLENGE);
          List<FindingCode> codes = new ArrayList<>();
          appraisal.checks().forEach(each -> codes.addAll(CheckedHost.codes(each)));
          assertThat(codes)
              .as(story)
              .doesNotContain(FindingCode.REPLAY_MISMATCH)
              .containsAnyOf(FindingCode.SECURE_BOOT_UNPROVEN, FindingCode.SECURE_BOOT_OFF);
          assertThat(appraisal.result(Check.SECURE_BOOT).outcome())
              .as(story)
              .isEqualTo(Outcome.FAIL);
        });
  }

  @Test
  void givenALogOfAnotherBootAndNoCheckThatReadsItThenNothingOfItIsClaimed() {
    CheckedHost accepted = CheckedHost.sealed("quiet");
    LogBuilder other = new LogBuilder().firmware(true).sealedImage("other", "quiet").exit();
    AttestationPolicy policy = accepted.policy(Check.BOOT_BASELINE);
    AttestationPolicy images =
        AttestationPolicy.standard(
            "x", 1, List.of(BootBaseline.capture("own", accepted.facts(), CaptureLevel.BOOT)));
    UntrustedEvidence genuine = CheckedHost.of(other).evidence(images);
    UntrustedEvidence forged =
        new UntrustedEvidence(
            genuine.attest(),
            genuine.signature(),
            genuine.attestationKey(),
            genuine.pcrs(),
            Optional.of(accepted.boot().log()),
            Optional.empty());

    assertThat(Verifier.appraise(images, forged, CheckedHost.CHALLENGE).verdict())
        .as("the check sees it")
        .isInstanceOf(Verdict.Refused.class);
    Verdict off =
        Verifier.appraise(
                images.without(Set.of(Check.BOOT_BASELINE)), forged, CheckedHost.CHALLENGE)
            .verdict();
    assertThat(off).isInstanceOf(Verdict.Healthy.class);
    assertThat(((Verdict.Healthy) off).claims().baselines())
        .as("nobody held the log against PCR 4")
        .isEmpty();

    LogBuilder open = new LogBuilder().firmware(false).sealedImage("uki", "quiet").exit();
    AttestationPolicy nothing =
        policy.without(Set.of(Check.BOOT_BASELINE, Check.SECURE_BOOT, Check.NO_UEFI_DEBUG));
    Verdict unasked =
        Verifier.appraise(nothing, CheckedHost.of(open).evidence(nothing), CheckedHost.CHALLENGE)
            .verdict();
    assertThat(((Verdict.Healthy) unasked).claims().secureBoot())
        .isEqualTo(SecureBootState.UNKNOWN);
  }
}
