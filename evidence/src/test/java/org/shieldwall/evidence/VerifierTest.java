package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.EfiVariable;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.SecureBootState;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.ObjectAttribute;
import org.shieldwall.tpm.ObjectAttributes;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/** One healthy host, and everything that an attacker can change about it. */
class VerifierTest {
  private static final SoftTpm TPM = SoftTpm.make(TpmAlgorithm.ECDSA, TpmHash.SHA256);
  private static final Bytes ENCLAVE = LogBuilder.digestOf("the enclave's public keys");
  private static final Bytes EXTRA_DATA = LogBuilder.digestOf("nonce and enclave");
  private static final Challenge CHALLENGE =
      new Challenge(Optional.of("rack1-host7"), EXTRA_DATA, ENCLAVE);

  static BootFacts facts(Bytes log) {
    try {
      return BootFacts.draw(
          UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT), TpmHash.SHA256);
    } catch (MalformedException e) {
      throw new AssertionError(e);
    }
  }

  private static BootBaseline baseline(LogBuilder boot) {
    return BootBaseline.capture("lab", facts(boot.log()), CaptureLevel.BOOT);
  }

  private static final AttestationPolicy POLICY =
      AttestationPolicy.standard("fabric", 3, List.of(baseline(LogBuilder.boot())));

  /** A host that booted what the baseline says, and whose enclave measured its keys. */
  private static LogBuilder host() {
    return LogBuilder.boot().extendOnly(15, ENCLAVE);
  }

  private static UntrustedEvidence evidence(LogBuilder host) {
    return evidence(host, POLICY);
  }

  private static UntrustedEvidence evidence(LogBuilder host, AttestationPolicy policy) {
    PcrValues quoted = only(host.pcrs(), policy.pcrs());
    Bytes attest = TPM.quote(EXTRA_DATA, policy.selection(), quoted);
    return new UntrustedEvidence(
        attest,
        TPM.sign(attest),
        TPM.attestationKey(),
        quoted,
        Optional.of(host.log()),
        Optional.empty());
  }

  private static PcrValues only(PcrValues values, Set<Integer> pcrs) {
    Map<Integer, Bytes> kept = new TreeMap<>(values.banks().get(TpmHash.SHA256));
    kept.keySet().retainAll(pcrs);
    return PcrValues.of(TpmHash.SHA256, kept);
  }

  static Verdict verdict(
      AttestationPolicy policy, UntrustedEvidence evidence, Challenge challenge) {
    return Verifier.appraise(policy, evidence, challenge).verdict();
  }

  private static List<FindingCode> refusal(
      AttestationPolicy policy, UntrustedEvidence evidence, Challenge challenge) {
    Verdict verdict = verdict(policy, evidence, challenge);
    assertThat(verdict).isInstanceOf(Verdict.Refused.class);
    return ((Verdict.Refused) verdict).findings().stream().map(Finding::code).toList();
  }

  private static List<FindingCode> refusal(UntrustedEvidence evidence) {
    return refusal(POLICY, evidence, CHALLENGE);
  }

  @ParameterizedTest
  @EnumSource(
      value = TpmAlgorithm.class,
      names = {"ECDSA", "RSASSA"})
  void givenAHealthyHostThenItsClaimsAreWhatWasProven(TpmAlgorithm scheme) {
    SoftTpm tpm = SoftTpm.make(scheme, TpmHash.SHA256);
    LogBuilder host = host();
    PcrValues quoted = only(host.pcrs(), POLICY.pcrs());
    Bytes attest = tpm.quote(EXTRA_DATA, POLICY.selection(), quoted);
    Verdict verdict =
        verdict(
            POLICY,
            new UntrustedEvidence(
                attest,
                tpm.sign(attest),
                tpm.attestationKey(),
                quoted,
                Optional.of(host.log()),
                Optional.empty()),
            CHALLENGE);
    assertThat(verdict)
        .isEqualTo(
            new Verdict.Healthy(
                new HealthClaims(
                    "rack1-host7",
                    "fabric",
                    3,
                    List.of("lab"),
                    TpmHash.SHA256,
                    SecureBootState.ON,
                    tpm.attestationKey().name(),
                    7,
                    0,
                    0,
                    List.copyOf(Check.defaults()))));
  }

  @Test
  void givenAnUnregisteredTpmThenItIsRefused() {
    Challenge unknown = new Challenge(Optional.empty(), EXTRA_DATA, ENCLAVE);
    assertThat(refusal(POLICY, evidence(host()), unknown))
        .containsExactly(FindingCode.EK_NOT_REGISTERED);
  }

  @Test
  void givenAKeyThatWouldSignAnythingThenItIsRefused() {
    TpmPublic unrestricted =
        TPM.attestationKey(ObjectAttributes.of(ObjectAttribute.FIXED_TPM, ObjectAttribute.SIGN));
    UntrustedEvidence good = evidence(host());
    assertThat(
            refusal(
                new UntrustedEvidence(
                    good.attest(),
                    good.signature(),
                    unrestricted,
                    good.pcrs(),
                    good.eventLog(),
                    Optional.empty())))
        .containsOnly(FindingCode.AK_UNACCEPTABLE)
        .hasSizeGreaterThan(1);
  }

  @Test
  void givenEvidenceReplayedFromAnotherChallengeThenItIsRefused() {
    Challenge later =
        new Challenge(Optional.of("rack1-host7"), LogBuilder.digestOf("another nonce"), ENCLAVE);
    assertThat(refusal(POLICY, evidence(host()), later))
        .containsExactly(FindingCode.QUOTE_NONCE_MISMATCH);
  }

  @Test
  void givenAnotherEnclaveOnThisHostThenItIsRefused() {
    Challenge other =
        new Challenge(
            Optional.of("rack1-host7"), EXTRA_DATA, LogBuilder.digestOf("an attacker's keys"));
    assertThat(refusal(POLICY, evidence(host()), other))
        .containsExactly(FindingCode.ENCLAVE_KEY_NOT_MEASURED);
  }

  @Test
  void givenAnEnclaveStartedTwiceInOneBootThenItIsRefused() {
    LogBuilder twice = host().extendOnly(15, ENCLAVE);
    assertThat(refusal(evidence(twice))).containsExactly(FindingCode.ENCLAVE_KEY_NOT_MEASURED);
  }

  @Test
  void givenAnyByteOfTheQuoteChangedThenTheSignatureRefusesIt() {
    UntrustedEvidence good = evidence(host());
    for (int i = 0; i < good.attest().length(); i++) {
      byte[] altered = good.attest().toArray();
      altered[i] ^= 1;
      assertThat(refusal(withAttest(good, Bytes.of(altered), good.signature())))
          .as("byte %d", i)
          .contains(FindingCode.QUOTE_SIGNATURE_INVALID);
    }
  }

  private static UntrustedEvidence withAttest(
      UntrustedEvidence good, Bytes attest, Bytes signature) {
    return new UntrustedEvidence(
        attest, signature, good.attestationKey(), good.pcrs(), good.eventLog(), good.imaList());
  }

  @Test
  void givenASignatureCutShortThenItIsMalformed() {
    UntrustedEvidence good = evidence(host());
    Bytes cut = good.signature().slice(0, 20);
    assertThat(refusal(withAttest(good, good.attest(), cut)))
        .containsExactly(FindingCode.EVIDENCE_MALFORMED);
  }

  @Test
  void givenACertificationInsteadOfAQuoteThenItIsRefused() {
    Bytes name = TPM.attestationKey().name().value();
    Bytes certify =
        new ByteWriter()
            .u32(0xFF544347L)
            .u16(0x8017)
            .sized(name)
            .sized(EXTRA_DATA)
            .u64(1)
            .u32(1)
            .u32(0)
            .u8(1)
            .u64(1)
            .sized(name)
            .sized(name)
            .toBytes();
    assertThat(refusal(withAttest(evidence(host()), certify, TPM.sign(certify))))
        .containsExactly(FindingCode.NOT_A_QUOTE);
  }

  @Test
  void givenAQuoteOfTpm12ThenItIsRefusedByName() {
    Bytes old = Bytes.concat(Bytes.ofHex("0101000051554f54"), Bytes.zeros(40));
    assertThat(refusal(withAttest(evidence(host()), old, TPM.sign(old))))
        .containsExactly(FindingCode.QUOTE_TPM12);
  }

  @Test
  void givenAQuoteWithoutPcr7ThenItIsRefused() {
    LogBuilder host = host();
    PcrSelection without7 = PcrSelection.of(TpmHash.SHA256, 4, 8, 9, 12, 15);
    PcrValues quoted = only(host.pcrs(), Set.of(4, 8, 9, 12, 15));
    Bytes attest = TPM.quote(EXTRA_DATA, without7, quoted);
    UntrustedEvidence good = evidence(host);
    UntrustedEvidence claimed = withAttest(good, attest, TPM.sign(attest));
    assertThat(refusal(claimed))
        .containsExactly(
            FindingCode.PCR_NOT_QUOTED,
            FindingCode.PCR_VALUE_NOT_QUOTED,
            FindingCode.REPLAY_MISMATCH);
  }

  @Test
  void givenPcrValuesThatWereNotQuotedThenTheyAreRefused() {
    UntrustedEvidence good = evidence(host());
    LogBuilder other = LogBuilder.boot().extendOnly(15, LogBuilder.digestOf("other"));
    UntrustedEvidence altered =
        new UntrustedEvidence(
            good.attest(),
            good.signature(),
            good.attestationKey(),
            only(other.pcrs(), POLICY.pcrs()),
            good.eventLog(),
            Optional.empty());
    assertThat(refusal(altered))
        .containsExactly(FindingCode.PCR_DIGEST_MISMATCH, FindingCode.ENCLAVE_KEY_NOT_MEASURED);
  }

  @Test
  void givenNoEventLogThenNothingIsTakenForProven() {
    UntrustedEvidence good = evidence(host());
    assertThat(
            refusal(
                new UntrustedEvidence(
                    good.attest(),
                    good.signature(),
                    good.attestationKey(),
                    good.pcrs(),
                    Optional.empty(),
                    Optional.empty())))
        .containsExactly(FindingCode.EVIDENCE_MISSING);
  }

  private static UntrustedEvidence withLog(UntrustedEvidence good, Bytes log) {
    return new UntrustedEvidence(
        good.attest(),
        good.signature(),
        good.attestationKey(),
        good.pcrs(),
        Optional.of(log),
        good.imaList());
  }

  @Test
  void givenALogCutShortThenItIsMalformed() {
    UntrustedEvidence good = evidence(host());
    Bytes log = good.eventLog().orElseThrow();
    assertThat(refusal(withLog(good, log.slice(0, log.length() - 5))))
        .containsExactly(FindingCode.EVIDENCE_MALFORMED);
  }

  @Test
  void givenALogOfSha1OnlyThenThePolicysBankIsMissing() {
    Bytes sha1 = new ByteWriter().u32(0).u32(0x08000000L).bytes(new byte[20]).u32(0).toBytes();
    assertThat(refusal(withLog(evidence(host()), sha1)))
        .containsExactly(FindingCode.BANK_NOT_LOGGED);
  }

  @Test
  void givenTheLogOfAnotherBootThenItDoesNotReplay() {
    Bytes another = RecordedBoot.of("updated").eventLog();
    assertThat(refusal(withLog(evidence(host()), another)))
        .contains(FindingCode.REPLAY_MISMATCH)
        .containsOnly(FindingCode.REPLAY_MISMATCH, FindingCode.BOOT_BASELINE_MISMATCH);
  }

  @Test
  void givenAnAlteredImageThenTheBaselineNamesItAndBothDigests() {
    LogBuilder altered =
        LogBuilder.of(RecordedBoot.of("updated").eventLog()).extendOnly(15, ENCLAVE);
    Verdict verdict = verdict(POLICY, evidence(altered), CHALLENGE);
    Finding finding = ((Verdict.Refused) verdict).findings().getFirst();
    assertThat(finding.code()).isEqualTo(FindingCode.BOOT_BASELINE_MISMATCH);
    assertThat(finding.detail()).contains("the images booted").contains("event");
    int image = altered.find(4, EventType.EFI_BOOT_SERVICES_APPLICATION);
    assertThat(finding.expected()).contains(host().events.get(image).digest().hex());
    assertThat(finding.found()).contains(altered.events.get(image).digest().hex());
  }

  @Test
  void givenSecureBootOffThenItIsRefusedForThat() {
    LogBuilder off =
        LogBuilder.of(RecordedBoot.of("secure-boot-off").eventLog()).extendOnly(15, ENCLAVE);
    assertThat(refusal(evidence(off)))
        .contains(FindingCode.SECURE_BOOT_OFF)
        .containsOnly(FindingCode.SECURE_BOOT_OFF, FindingCode.BOOT_BASELINE_MISMATCH);
  }

  @Test
  void givenSecureBootClaimedAfterFirmwareClosedPcr7ThenItProvesNothing() {
    LogBuilder off = new LogBuilder().firmware(false).image("uki", "x").exit();
    off.variable(7, EfiVariable.GLOBAL, "SecureBoot", Bytes.ofHex("01")).extendOnly(15, ENCLAVE);
    assertThat(refusal(evidence(off)))
        .contains(FindingCode.SECURE_BOOT_UNPROVEN, FindingCode.EVENT_UNCONFIRMED);
  }

  @Test
  void givenShimToldNotToCheckSignaturesThenSecureBootCountsAsOff() {
    LogBuilder host = host();
    host.variableEvent(
        7, EventType.EFI_VARIABLE_AUTHORITY, EfiVariable.SHIM, "MokSBState", Bytes.ofHex("01"));
    assertThat(refusal(evidence(host))).contains(FindingCode.SECURE_BOOT_OFF);
  }

  @Test
  void givenASettingNobodyNamedThenTheHostIsStillHealthy() {
    LogBuilder host = host();
    host.extended(
        1, EventType.PLATFORM_CONFIG_FLAGS, LogBuilder.digestOf("fan profile"), Bytes.zeros(4));
    assertThat(verdict(POLICY, evidence(host), CHALLENGE)).isInstanceOf(Verdict.Healthy.class);
  }

  @Test
  void givenNoBaselineThenNoBootIsTakenForAccepted() {
    AttestationPolicy none = AttestationPolicy.standard("fabric", 1, List.of());
    assertThat(refusal(none, evidence(host(), none), CHALLENGE))
        .containsExactly(FindingCode.BOOT_BASELINE_MISSING);
  }

  @Test
  void givenAPolicyWithoutBaselineThenOnlyThatIsRelaxed() {
    AttestationPolicy relaxed =
        AttestationPolicy.standard("fabric", 1, List.of()).without(Set.of(Check.BOOT_BASELINE));
    assertThat(verdict(relaxed, evidence(host(), relaxed), CHALLENGE))
        .isInstanceOf(Verdict.Healthy.class);
    LogBuilder off = new LogBuilder().firmware(false).extendOnly(15, ENCLAVE);
    assertThat(refusal(relaxed, evidence(off, relaxed), CHALLENGE))
        .containsExactly(FindingCode.SECURE_BOOT_OFF);
  }

  @Test
  void givenTwoBaselinesThenMatchingOneWillDo() {
    LogBuilder next = new LogBuilder().firmware(true).image("next image", "x").exit();
    BootBaseline later = BootBaseline.capture("next", facts(next.log()), CaptureLevel.BOOT);
    AttestationPolicy both =
        AttestationPolicy.standard("fabric", 4, List.of(later, baseline(LogBuilder.boot())));
    Verdict verdict = verdict(both, evidence(host(), both), CHALLENGE);
    assertThat(((Verdict.Healthy) verdict).claims().baselines()).containsExactly("lab");
  }

  @Test
  void givenASha1SignatureThenItIsAcceptedOnlyWhereThePolicySaysSo() {
    SoftTpm old = SoftTpm.make(TpmAlgorithm.RSASSA, TpmHash.SHA1);
    LogBuilder host = host();
    PcrValues quoted = only(host.pcrs(), POLICY.pcrs());
    Bytes attest = old.quote(EXTRA_DATA, POLICY.selection(), quoted);
    UntrustedEvidence evidence =
        new UntrustedEvidence(
            attest,
            old.sign(attest),
            old.attestationKey(),
            quoted,
            Optional.of(host.log()),
            Optional.empty());
    assertThat(refusal(evidence))
        .containsExactly(FindingCode.AK_UNACCEPTABLE, FindingCode.QUOTE_SIGNATURE_WEAK);
    AttestationPolicy relaxed =
        new AttestationPolicy("old", 1, TpmHash.SHA256, true, POLICY.on(), POLICY.settings());
    assertThat(verdict(relaxed, evidence, CHALLENGE)).isInstanceOf(Verdict.Healthy.class);
  }

  @Test
  void givenSeveralThingsWrongThenAllAreReported() {
    LogBuilder bad = new LogBuilder().firmware(false).image("evil", "x").exit();
    Challenge other =
        new Challenge(Optional.empty(), LogBuilder.digestOf("another nonce"), ENCLAVE);
    assertThat(refusal(POLICY, evidence(bad), other))
        .contains(
            FindingCode.EK_NOT_REGISTERED,
            FindingCode.QUOTE_NONCE_MISMATCH,
            FindingCode.SECURE_BOOT_OFF,
            FindingCode.BOOT_BASELINE_MISMATCH,
            FindingCode.ENCLAVE_KEY_NOT_MEASURED);
  }

  @Test
  void givenAHostThatResumedThenItIsRefused() {
    LogBuilder host = host();
    PcrValues quoted = only(host.pcrs(), POLICY.pcrs());
    Bytes attest = TPM.quote(EXTRA_DATA, POLICY.selection(), quoted, 1);
    assertThat(refusal(withAttest(evidence(host), attest, TPM.sign(attest))))
        .containsExactly(FindingCode.HOST_RESUMED);
  }

  @Test
  void givenFirmwareInDebugModeThenItIsRefused() {
    LogBuilder host =
        new LogBuilder()
            .text(7, EventType.EFI_ACTION, "UEFI Debug Mode")
            .firmware(true)
            .image("uki", "\\EFI\\BOOT\\BOOTX64.EFI")
            .exit()
            .extendOnly(15, ENCLAVE);
    assertThat(refusal(evidence(host)))
        .contains(FindingCode.UEFI_DEBUG_ON)
        .containsOnly(FindingCode.UEFI_DEBUG_ON, FindingCode.BOOT_BASELINE_MISMATCH);
  }

  @Test
  void givenACheckThatIsOnWithoutAnythingToProveItThenItDoesNotPass() {
    AttestationPolicy policy = POLICY.with(Set.of(Check.CODE_INTEGRITY));
    assertThat(refusal(policy, evidence(host(), policy), CHALLENGE))
        .containsExactly(FindingCode.CODE_INTEGRITY_MISSING);
  }

  @Test
  void givenACheckThatIsOffThenItDidNotPass() {
    AttestationPolicy policy = POLICY.without(Set.of(Check.SECURE_BOOT));
    Appraisal appraisal = Verifier.appraise(policy, evidence(host(), policy), CHALLENGE);
    assertThat(appraisal.result(Check.SECURE_BOOT).outcome()).isEqualTo(Outcome.OFF);
    assertThat(((Verdict.Healthy) appraisal.verdict()).claims().checks())
        .doesNotContain(Check.SECURE_BOOT)
        .contains(Check.BOOT_BASELINE);
  }

  private static final Bytes ALLOWED = LogBuilder.digestOf("an accepted program");

  private static AttestationPolicy imaPolicy(ImaPolicy ima) {
    return POLICY
        .with(Set.of(Check.CODE_INTEGRITY))
        .with(POLICY.settings().withCodeIntegrity(CodeIntegrityRules.of(ima)));
  }

  /** The digest over PCRs 0 to {@code last} of the host that {@link #host} makes. */
  private static Bytes aggregate(int last) {
    PcrValues values = host().pcrs();
    Bytes[] parts = new Bytes[last + 1];
    for (int pcr = 0; pcr <= last; pcr++) {
      parts[pcr] = values.value(TpmHash.SHA256, pcr).orElseThrow();
    }
    return TpmHash.SHA256.hash(parts);
  }

  private static List<FindingCode> imaRefusal(
      ImaPolicy ima, ImaListBuilder quoted, Optional<Bytes> sent) {
    AttestationPolicy policy = imaPolicy(ima);
    Verdict verdict = verdict(policy, imaEvidence(policy, quoted, sent), CHALLENGE);
    return verdict instanceof Verdict.Refused refused
        ? refused.findings().stream().map(Finding::code).toList()
        : List.of();
  }

  private static UntrustedEvidence imaEvidence(
      AttestationPolicy policy, ImaListBuilder quoted, Optional<Bytes> sent) {
    LogBuilder host = host();
    Map<Integer, Bytes> values = new TreeMap<>(host.pcrs().banks().get(TpmHash.SHA256));
    values.put(10, quoted.sha256());
    PcrValues all = only(PcrValues.of(TpmHash.SHA256, values), policy.pcrs());
    Bytes attest = TPM.quote(EXTRA_DATA, policy.selection(), all);
    return new UntrustedEvidence(
        attest, TPM.sign(attest), TPM.attestationKey(), all, Optional.of(host.log()), sent);
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 9})
  void givenOnlyAllowedProgramsThenTheHostIsHealthy(int lastPcr) {
    ImaListBuilder list =
        new ImaListBuilder()
            .file("boot_aggregate", aggregate(lastPcr))
            .file("/usr/bin/accepted", ALLOWED);
    AttestationPolicy policy = imaPolicy(ImaPolicy.strict(Set.of(ALLOWED)));
    Verdict verdict =
        verdict(policy, imaEvidence(policy, list, Optional.of(list.binary())), CHALLENGE);
    assertThat(verdict).isInstanceOf(Verdict.Healthy.class);
    assertThat(((Verdict.Healthy) verdict).claims().imaEntries()).isEqualTo(2);
  }

  @Test
  void givenAProgramThatNobodyAcceptedThenItIsNamed() {
    ImaListBuilder list =
        new ImaListBuilder()
            .file("boot_aggregate", aggregate(9))
            .file("/usr/bin/evil", LogBuilder.digestOf("evil"));
    assertThat(imaRefusal(ImaPolicy.strict(Set.of(ALLOWED)), list, Optional.of(list.binary())))
        .containsExactly(FindingCode.IMA_NOT_ALLOWED);
  }

  @Test
  void givenAnEntryAddedSinceTheQuoteThenItIsNotJudged() {
    ImaListBuilder quoted =
        new ImaListBuilder().file("boot_aggregate", aggregate(9)).file("/a", ALLOWED);
    Bytes longer =
        Bytes.concat(
            quoted.binary(),
            new ImaListBuilder().file("/later", LogBuilder.digestOf("later")).binary());
    assertThat(imaRefusal(ImaPolicy.strict(Set.of(ALLOWED)), quoted, Optional.of(longer)))
        .isEmpty();
  }

  @Test
  void givenAnEntryLeftOutOfTheListThenItDoesNotLeadToPcr10() {
    ImaListBuilder quoted =
        new ImaListBuilder()
            .file("boot_aggregate", aggregate(9))
            .file("/usr/bin/evil", LogBuilder.digestOf("evil"));
    Bytes without = new ImaListBuilder().file("boot_aggregate", aggregate(9)).binary();
    assertThat(imaRefusal(ImaPolicy.strict(Set.of(ALLOWED)), quoted, Optional.of(without)))
        .containsExactly(FindingCode.IMA_REPLAY_MISMATCH);
  }

  @Test
  void givenAViolationThenOnlyThePolicyThatSaysSoAcceptsIt() {
    ImaListBuilder list =
        new ImaListBuilder().file("boot_aggregate", aggregate(9)).violation("/var/log/x");
    Optional<Bytes> sent = Optional.of(list.binary());
    assertThat(imaRefusal(ImaPolicy.strict(Set.of(ALLOWED)), list, sent))
        .containsExactly(FindingCode.IMA_VIOLATION);
    assertThat(imaRefusal(new ImaPolicy(Set.of(ALLOWED), false, true), list, sent)).isEmpty();
  }

  @Test
  void givenTheListOfAnotherBootThenItsAggregateGivesItAway() {
    ImaListBuilder list =
        new ImaListBuilder()
            .file("boot_aggregate", LogBuilder.digestOf("another boot"))
            .file("/init", ALLOWED);
    Optional<Bytes> sent = Optional.of(list.binary());
    assertThat(imaRefusal(ImaPolicy.strict(Set.of(ALLOWED)), list, sent))
        .containsExactly(FindingCode.IMA_BOOT_AGGREGATE);
    assertThat(imaRefusal(new ImaPolicy(Set.of(ALLOWED), true, false), list, sent)).isEmpty();
  }

  @Test
  void givenNoImaListWhereOneIsWantedThenItIsMissing() {
    assertThat(imaRefusal(ImaPolicy.strict(Set.of()), new ImaListBuilder(), Optional.empty()))
        .containsExactly(FindingCode.EVIDENCE_MISSING);
  }

  @Test
  void givenAnImaListCutShortThenItIsMalformed() {
    ImaListBuilder list = new ImaListBuilder().file("boot_aggregate", aggregate(9));
    Bytes cut = list.binary().slice(0, 30);
    assertThat(imaRefusal(ImaPolicy.strict(Set.of()), list, Optional.of(cut)))
        .containsExactly(FindingCode.EVIDENCE_MALFORMED);
  }
}
