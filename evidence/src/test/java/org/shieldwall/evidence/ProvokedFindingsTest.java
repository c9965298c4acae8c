package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.evidence.eventlog.EfiVariable;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.ObjectAttribute;
import org.shieldwall.tpm.ObjectAttributes;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmHash;

/**
 * Each finding there is, produced: the switch has a branch for every code, and what that branch
 * does to a healthy host's evidence has to give that code. A new code does not compile without one.
 * That nothing else is found beside it is the business of the tests of each check.
 */
class ProvokedFindingsTest {
  private static final CheckedHost GOOD = CheckedHost.sealed("quiet");
  private static final AttestationPolicy POLICY =
      AttestationPolicy.standard(
          "fabric", 1, List.of(BootBaseline.capture("own", GOOD.facts(), CaptureLevel.BOOT)));
  private static final UntrustedEvidence EVIDENCE = GOOD.evidence(POLICY);
  private static final Bytes FILE = LogBuilder.digestOf("a file");
  private static final ImaPolicy STRICT = ImaPolicy.strict(Set.of(FILE));

  @Test
  void givenTheEvidenceAsItIsThenNothingIsFound() {
    assertThat(found(POLICY, EVIDENCE, CheckedHost.CHALLENGE)).isEmpty();
    assertThat(ImaRulesTest.codes(STRICT, ImaRulesTest.list().file("/init", FILE))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(FindingCode.class)
  void aFindingIsProducedByWhatItIsFor(FindingCode code) throws MalformedException {
    assertThat(provoked(code)).contains(code);
  }

  private static List<FindingCode> found(
      AttestationPolicy policy, UntrustedEvidence evidence, Challenge challenge) {
    return Verifier.appraise(policy, evidence, challenge).verdict() instanceof Verdict.Refused no
        ? no.findings().stream().map(Finding::code).toList()
        : List.of();
  }

  private static List<FindingCode> found(UntrustedEvidence evidence) {
    return found(POLICY, evidence, CheckedHost.CHALLENGE);
  }

  private static List<FindingCode> found(LogBuilder boot) {
    return found(CheckedHost.of(boot).evidence(POLICY));
  }

  private static List<FindingCode> found(CheckedHost host, AttestationPolicy policy) {
    return found(policy, host.evidence(policy), CheckedHost.CHALLENGE);
  }

  /** What a check says of a host whose kernel was told this. */
  private static List<FindingCode> line(Check check, String commandLine) {
    CheckedHost host = CheckedHost.sealed(commandLine);
    return found(host, host.policy(check));
  }

  private static UntrustedEvidence quoting(Bytes attest) {
    return new UntrustedEvidence(
        attest,
        CheckedHost.TPM.sign(attest),
        EVIDENCE.attestationKey(),
        EVIDENCE.pcrs(),
        EVIDENCE.eventLog(),
        Optional.empty(),
        EVIDENCE.commandLine());
  }

  private static UntrustedEvidence logging(Optional<Bytes> log) {
    return new UntrustedEvidence(
        EVIDENCE.attest(),
        EVIDENCE.signature(),
        EVIDENCE.attestationKey(),
        EVIDENCE.pcrs(),
        log,
        Optional.empty(),
        EVIDENCE.commandLine());
  }

  private static Bytes log() {
    return EVIDENCE.eventLog().orElseThrow();
  }

  private static List<FindingCode> provoked(FindingCode code) throws MalformedException {
    return switch (code) {
      case EVIDENCE_MALFORMED -> found(logging(Optional.of(log().slice(0, log().length() - 5))));
      case EVIDENCE_MISSING -> found(logging(Optional.empty()));
      case EK_NOT_REGISTERED,
          AK_UNACCEPTABLE,
          QUOTE_TPM12,
          NOT_A_QUOTE,
          QUOTE_SIGNATURE_INVALID,
          QUOTE_SIGNATURE_WEAK,
          QUOTE_NONCE_MISMATCH,
          PCR_NOT_QUOTED,
          PCR_VALUE_NOT_QUOTED,
          PCR_DIGEST_MISMATCH,
          HOST_RESUMED,
          ENCLAVE_KEY_NOT_MEASURED ->
          byQuote(code);
      case EK_CERTIFICATE_UNTRUSTED,
          EK_CERTIFICATE_EXPIRED,
          EK_CERTIFICATE_ISSUER_MISSING,
          EK_CERTIFICATE_MISSING ->
          byCertificate(code);
      case REPLAY_MISMATCH,
          BANK_NOT_LOGGED,
          EVENT_UNCONFIRMED,
          SECURE_BOOT_OFF,
          SECURE_BOOT_UNPROVEN,
          UEFI_DEBUG_ON,
          BOOT_BASELINE_MISSING,
          BOOT_BASELINE_MISMATCH ->
          byLog(code);
      case COMMAND_LINE_UNPROVEN,
          KERNEL_NOT_LOCKED_DOWN,
          KERNEL_DEBUG_ON,
          MODULE_SIGNATURES_NOT_ENFORCED,
          CODE_INTEGRITY_NOT_ENFORCED,
          IOMMU_NOT_ON,
          HIBERNATION_POSSIBLE,
          SWAP_UNPROVEN,
          DUMPS_POSSIBLE,
          PTRACE_NOT_RESTRICTED ->
          byCommandLine(code);
      case SECURE_BOOT_SETTINGS_MISSING,
          SECURE_BOOT_SETTINGS_MISMATCH,
          VERITY_ROOT_NOT_ALLOWED,
          DUMP_KEY_NOT_REGISTERED,
          DBX_REQUIREMENT_MISSING,
          DBX_OUTDATED,
          IMAGE_MANIFEST_MISSING,
          IMAGE_WITHOUT_MANIFEST,
          CODE_INTEGRITY_MISSING ->
          bySettings(code);
      case IMA_SIGNATURE_INVALID,
          IMA_OFFSET_STALE,
          IMA_REPLAY_MISMATCH,
          IMA_VIOLATION,
          IMA_NOT_ALLOWED,
          IMA_MEASURES_NOTHING,
          IMA_BOOT_AGGREGATE ->
          byList(code);
    };
  }

  private static List<FindingCode> byQuote(FindingCode code) {
    PcrValues pcrs = EVIDENCE.pcrs();
    return switch (code) {
      case EK_NOT_REGISTERED ->
          found(
              POLICY,
              EVIDENCE,
              new Challenge(Optional.empty(), CheckedHost.EXTRA_DATA, CheckedHost.ENCLAVE));
      case AK_UNACCEPTABLE ->
          found(
              new UntrustedEvidence(
                  EVIDENCE.attest(),
                  EVIDENCE.signature(),
                  CheckedHost.TPM.attestationKey(
                      ObjectAttributes.of(ObjectAttribute.FIXED_TPM, ObjectAttribute.SIGN)),
                  pcrs,
                  EVIDENCE.eventLog(),
                  Optional.empty()));
      case QUOTE_TPM12 ->
          found(quoting(Bytes.concat(Bytes.ofHex("0101000051554f54"), Bytes.zeros(40))));
      case NOT_A_QUOTE -> found(quoting(certification()));
      case QUOTE_SIGNATURE_INVALID -> {
        byte[] altered = EVIDENCE.attest().toArray();
        altered[altered.length - 1] ^= 1;
        yield found(
            new UntrustedEvidence(
                Bytes.of(altered),
                EVIDENCE.signature(),
                EVIDENCE.attestationKey(),
                pcrs,
                EVIDENCE.eventLog(),
                Optional.empty()));
      }
      case QUOTE_SIGNATURE_WEAK -> {
        SoftTpm old = SoftTpm.make(TpmAlgorithm.RSASSA, TpmHash.SHA1);
        Bytes attest = old.quote(CheckedHost.EXTRA_DATA, POLICY.selection(), pcrs);
        yield found(
            new UntrustedEvidence(
                attest,
                old.sign(attest),
                old.attestationKey(),
                pcrs,
                EVIDENCE.eventLog(),
                Optional.empty()));
      }
      case QUOTE_NONCE_MISMATCH ->
          found(
              POLICY,
              EVIDENCE,
              new Challenge(
                  Optional.of("rack1-host7"),
                  LogBuilder.digestOf("another nonce"),
                  CheckedHost.ENCLAVE));
      case PCR_NOT_QUOTED, PCR_VALUE_NOT_QUOTED -> {
        TreeMap<Integer, Bytes> fewer = new TreeMap<>(pcrs.banks().get(TpmHash.SHA256));
        fewer.remove(7);
        PcrValues without7 = PcrValues.of(TpmHash.SHA256, fewer);
        int[] selected = fewer.keySet().stream().mapToInt(Integer::intValue).toArray();
        yield found(
            quoting(
                CheckedHost.TPM.quote(
                    CheckedHost.EXTRA_DATA,
                    org.shieldwall.tpm.PcrSelection.of(TpmHash.SHA256, selected),
                    without7)));
      }
      case PCR_DIGEST_MISMATCH -> {
        TreeMap<Integer, Bytes> others = new TreeMap<>(pcrs.banks().get(TpmHash.SHA256));
        others.put(15, Bytes.zeros(32));
        yield found(
            new UntrustedEvidence(
                EVIDENCE.attest(),
                EVIDENCE.signature(),
                EVIDENCE.attestationKey(),
                PcrValues.of(TpmHash.SHA256, others),
                EVIDENCE.eventLog(),
                Optional.empty()));
      }
      case HOST_RESUMED ->
          found(
              quoting(CheckedHost.TPM.quote(CheckedHost.EXTRA_DATA, POLICY.selection(), pcrs, 1)));
      case ENCLAVE_KEY_NOT_MEASURED ->
          found(
              POLICY,
              EVIDENCE,
              new Challenge(
                  Optional.of("rack1-host7"),
                  CheckedHost.EXTRA_DATA,
                  LogBuilder.digestOf("another enclave")));
      default -> List.of();
    };
  }

  private static Bytes certification() {
    Bytes name = CheckedHost.TPM.attestationKey().name().value();
    return new ByteWriter()
        .u32(0xFF544347L)
        .u16(0x8017)
        .sized(name)
        .sized(CheckedHost.EXTRA_DATA)
        .u64(1)
        .u32(1)
        .u32(0)
        .u8(1)
        .u64(1)
        .sized(name)
        .sized(name)
        .toBytes();
  }

  private static List<FindingCode> byCertificate(FindingCode code) throws MalformedException {
    return EndorsementTrustTest.codes(
        switch (code) {
          case EK_CERTIFICATE_UNTRUSTED ->
              new EndorsementTrust(List.of(), List.of(), false)
                  .check(EndorsementTrustTest.leaf(), EndorsementTrustTest.NOW);
          case EK_CERTIFICATE_EXPIRED ->
              new EndorsementTrust(EndorsementTrustTest.makers(), List.of(), true)
                  .check(EndorsementTrustTest.leaf(), EndorsementTrustTest.LATER);
          case EK_CERTIFICATE_ISSUER_MISSING ->
              EndorsementTrustTest.trusting(EndorsementTrustTest.cloud("gcp_ek_ak_ca_root.crt"))
                  .check(
                      EndorsementTrustTest.cloud("pca_tpm_rsa_enc_cert.pem"),
                      EndorsementTrustTest.NOW);
          default ->
              new EndorsementTrust(EndorsementTrustTest.makers(), List.of(), false)
                  .appraise(Optional.empty(), EndorsementTrustTest.NOW)
                  .findings();
        });
  }

  private static List<FindingCode> byLog(FindingCode code) {
    LogBuilder off = new LogBuilder().firmware(false).sealedImage("uki", "quiet").exit();
    return switch (code) {
      case REPLAY_MISMATCH ->
          found(
              logging(
                  Optional.of(
                      new LogBuilder().firmware(true).sealedImage("other", "quiet").exit().log())));
      case BANK_NOT_LOGGED ->
          found(
              logging(
                  Optional.of(
                      new ByteWriter()
                          .u32(0)
                          .u32(0x08000000L)
                          .bytes(new byte[20])
                          .u32(0)
                          .toBytes())));
      case SECURE_BOOT_OFF -> found(off);
      case EVENT_UNCONFIRMED, SECURE_BOOT_UNPROVEN ->
          found(off.variable(7, EfiVariable.GLOBAL, "SecureBoot", Bytes.ofHex("01")));
      case UEFI_DEBUG_ON ->
          found(
              new LogBuilder()
                  .text(7, EventType.EFI_ACTION, "UEFI Debug Mode")
                  .firmware(true)
                  .sealedImage("uki", "quiet")
                  .exit());
      case BOOT_BASELINE_MISSING -> {
        AttestationPolicy none = AttestationPolicy.standard("fabric", 1, List.of());
        yield found(GOOD, none);
      }
      case BOOT_BASELINE_MISMATCH ->
          found(new LogBuilder().firmware(true).sealedImage("other", "quiet").exit());
      default -> List.of();
    };
  }

  private static List<FindingCode> byCommandLine(FindingCode code) {
    return switch (code) {
      case COMMAND_LINE_UNPROVEN ->
          line(Check.KERNEL_LOCKDOWN, "lockdown=confidentiality bootconfig");
      case KERNEL_NOT_LOCKED_DOWN -> line(Check.KERNEL_LOCKDOWN, "lockdown=none");
      case KERNEL_DEBUG_ON -> line(Check.NO_KERNEL_DEBUG, "kgdboc=ttyS0");
      case MODULE_SIGNATURES_NOT_ENFORCED -> line(Check.MODULE_SIGNATURES, "quiet");
      case CODE_INTEGRITY_NOT_ENFORCED -> line(Check.CODE_INTEGRITY_ENFORCED, "ima_appraise=log");
      case IOMMU_NOT_ON -> line(Check.IOMMU, "iommu=off");
      case HIBERNATION_POSSIBLE -> line(Check.NO_HIBERNATION, "resume=/dev/vda3");
      case SWAP_UNPROVEN -> line(Check.NO_SWAP_OR_ENCRYPTED, "quiet");
      case DUMPS_POSSIBLE -> line(Check.NO_DUMPS_OR_ENCRYPTED, "crashkernel=256M");
      case PTRACE_NOT_RESTRICTED -> line(Check.PTRACE_RESTRICTED, "quiet");
      default -> List.of();
    };
  }

  private static List<FindingCode> bySettings(FindingCode code) throws MalformedException {
    return switch (code) {
      case SECURE_BOOT_SETTINGS_MISSING -> {
        AttestationPolicy policy = GOOD.policy(Check.SECURE_BOOT_SETTINGS);
        yield found(GOOD, policy.with(policy.settings().withBaselines(List.of())));
      }
      case SECURE_BOOT_SETTINGS_MISMATCH ->
          found(
              CheckedHost.of(
                  new LogBuilder()
                      .firmware(true, Bytes.ofText("other"))
                      .variableEvent(
                          7,
                          EventType.EFI_VARIABLE_AUTHORITY,
                          EfiVariable.SECURITY_DATABASE,
                          "db",
                          Bytes.ofText("another signer"))),
              POLICY.with(Set.of(Check.SECURE_BOOT_SETTINGS)));
      case VERITY_ROOT_NOT_ALLOWED -> {
        AttestationPolicy policy = GOOD.policy(Check.CODE_INTEGRITY);
        CodeIntegrityRules roots = new CodeIntegrityRules(Optional.empty(), Set.of(FILE));
        yield found(GOOD, policy.with(policy.settings().withCodeIntegrity(roots)));
      }
      case DUMP_KEY_NOT_REGISTERED -> {
        ImageManifest dumps =
            new ImageManifest(
                "appliance 8",
                List.of(LogBuilder.digestOf("uki")),
                List.of(),
                "quiet",
                Set.of(),
                Set.of(Check.NO_DUMPS_OR_ENCRYPTED),
                Set.of(LogBuilder.digestOf("nobody's key")));
        yield found(GOOD, SettingsChecksTest.with(GOOD.policy(Check.NO_DUMPS_OR_ENCRYPTED), dumps));
      }
      case DBX_REQUIREMENT_MISSING -> found(GOOD, GOOD.policy(Check.DBX_AT_LEAST));
      case DBX_OUTDATED -> {
        CheckedHost host =
            CheckedHost.of(
                new LogBuilder()
                    .firmware(true, SettingsChecksTest.hashes(LogBuilder.digestOf("one")))
                    .sealedImage("uki", "quiet")
                    .exit());
        AttestationPolicy policy = host.policy(Check.DBX_AT_LEAST);
        Revocations more =
            Revocations.parse(SettingsChecksTest.hashes(LogBuilder.digestOf("another")).toArray());
        yield found(host, policy.with(policy.settings().withRevocations(more)));
      }
      case IMAGE_MANIFEST_MISSING -> found(GOOD, GOOD.policy(Check.IMAGE_MANIFEST));
      case IMAGE_WITHOUT_MANIFEST -> {
        CheckedHost other = CheckedHost.sealed("quiet");
        other.boot().application(LogBuilder.digestOf("evil"), "\\evil.efi");
        yield found(
            other,
            SettingsChecksTest.with(
                other.policy(Check.IMAGE_MANIFEST), SettingsChecksTest.manifest("quiet")));
      }
      case CODE_INTEGRITY_MISSING -> found(GOOD, GOOD.policy(Check.CODE_INTEGRITY));
      default -> List.of();
    };
  }

  private static List<FindingCode> byList(FindingCode code) {
    ImaListBuilder accepted = ImaRulesTest.list().file("/init", FILE);
    return switch (code) {
      case IMA_SIGNATURE_INVALID ->
          ImaRulesTest.codes(
              ImaRulesTest.signedBy(ImaRulesTest.EC),
              ImaRulesTest.signed(
                  "/usr/bin/ls", "ls", ImaRulesTest.signature(ImaRulesTest.STRANGER, "ls")));
      case IMA_OFFSET_STALE ->
          ImaRulesTest.codes(
              ImaRulesTest.appraise(
                  STRICT,
                  accepted.sha256(),
                  Bytes.EMPTY,
                  Optional.of(new ImaResume(2, accepted.sha256(), 6))));
      case IMA_REPLAY_MISMATCH ->
          ImaRulesTest.codes(
              ImaRulesTest.appraise(
                  STRICT, accepted.sha256(), ImaRulesTest.list().binary(), Optional.empty()));
      case IMA_VIOLATION -> ImaRulesTest.codes(STRICT, accepted.violation("/var/log/x"));
      case IMA_NOT_ALLOWED ->
          ImaRulesTest.codes(STRICT, accepted.file("/evil", LogBuilder.digestOf("evil")));
      case IMA_MEASURES_NOTHING -> ImaRulesTest.codes(STRICT, ImaRulesTest.list());
      case IMA_BOOT_AGGREGATE ->
          ImaRulesTest.codes(
              STRICT,
              new ImaListBuilder()
                  .file("boot_aggregate", LogBuilder.digestOf("another boot"))
                  .file("/init", FILE));
      default -> List.of();
    };
  }
}
