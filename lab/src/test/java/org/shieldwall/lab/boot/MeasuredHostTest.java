package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.Challenge;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckSettings;
import org.shieldwall.evidence.CodeIntegrityRules;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.ImaPolicy;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.evidence.Verifier;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.evidence.ima.ImaOptions;
import org.shieldwall.evidence.ima.ImaReplay;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;

/**
 * Hosts that booted in QEMU, and what the verifier makes of each: the baseline and the allow-list
 * are those of the standard boot, so that every other boot is refused for what is different in it,
 * and for nothing else.
 */
@Tag("boot")
class MeasuredHostTest {
  private static final Bytes ENCLAVE = TpmHash.SHA256.hash(Bytes.ofText("the enclave's keys"));
  private static final Bytes NONCE = TpmHash.SHA256.hash(Bytes.ofText("nonce and enclave"));
  private static final Challenge CHALLENGE = new Challenge(Optional.of("rack1"), NONCE, ENCLAVE);

  @BeforeAll
  static void bootAll() throws Exception {
    RealBoots.all(HostVariant.values());
  }

  @ParameterizedTest
  @EnumSource(HostVariant.class)
  void givenABootedHostThenItsTpmGoesOnWithThePcrsItsKernelRead(HostVariant variant)
      throws Exception {
    BootedHost booted = RealBoots.of(variant);
    PcrSelection all = PcrSelection.of(TpmHash.SHA256, IntStream.range(0, 16).toArray());
    try (RunningHost running = RunningHost.of(booted);
        Tpm tpm = running.tpm()) {
      assertThat(tpm.pcrs().read(all)).isEqualTo(booted.pcrs());
    }
  }

  @Test
  void givenTheStandardBootThenTheHostIsHealthyAndAllOfItsListIsAccountedFor() throws Exception {
    Verdict verdict = verdict(HostVariant.STANDARD);

    assertThat(verdict).isInstanceOf(Verdict.Healthy.class);
    assertThat(((Verdict.Healthy) verdict).claims().imaEntries()).isGreaterThan(5);
  }

  @ParameterizedTest
  @CsvSource({
    "UPDATED, the images booted + the files and initial RAM disks loaded",
    "OTHER_COMMAND_LINE, the images booted + the files and initial RAM disks loaded",
    "LOCKDOWN_INTEGRITY, the images booted + the files and initial RAM disks loaded",
    "KERNEL_DEBUGGER, the images booted + the files and initial RAM disks loaded",
    "HIBERNATION, the images booted + the files and initial RAM disks loaded",
    "ANY_MODULE, the images booted + the files and initial RAM disks loaded",
    "OPEN, the images booted + the files and initial RAM disks loaded",
    "NO_IOMMU, the images booted + the files and initial RAM disks loaded",
    "DUMPS, the images booted + the files and initial RAM disks loaded",
    "VERITY, the images booted + the files and initial RAM disks loaded",
    "HARDENED, the images booted + the files and initial RAM disks loaded",
    "SECURE_BOOT_OFF,"
        + " SECURE_BOOT_OFF + Secure Boot + the keys that images were signed with + the images booted",
    "STRANGE_PROGRAM, IMA_NOT_ALLOWED /payload/true",
    "STRANGE_MODULE, IMA_NOT_ALLOWED /payload/dummy.ko",
  })
  void givenAnotherBootThenItIsRefusedForThatAlone(HostVariant variant, String differences)
      throws Exception {
    Verdict verdict = verdict(variant);

    assertThat(verdict).isInstanceOf(Verdict.Refused.class);
    assertThat(((Verdict.Refused) verdict).findings().stream().map(MeasuredHostTest::inShort))
        .containsExactly(differences.split(" \\+ "));
  }

  /** Any image that the enrolled keys let run will do: what the kernel was told decides. */
  @ParameterizedTest
  @CsvSource({
    "STANDARD,",
    "UPDATED,",
    "NEW_FIRMWARE,",
    "OTHER_COMMAND_LINE,",
    "VERITY,",
    "HARDENED,",
    "DUMPS,", // Whatever is not asked for is no finding.
    "NO_IOMMU, IOMMU_NOT_ON",
    "OPEN, KERNEL_NOT_LOCKED_DOWN + MODULE_SIGNATURES_NOT_ENFORCED",
    "LOCKDOWN_INTEGRITY, KERNEL_NOT_LOCKED_DOWN",
    "KERNEL_DEBUGGER, KERNEL_DEBUG_ON",
    "HIBERNATION, HIBERNATION_POSSIBLE",
    "ANY_MODULE,", // Lockdown refuses modules that are not signed, whatever else is said.
    "STRANGE_PROGRAM, IMA_NOT_ALLOWED /payload/true",
    "STRANGE_MODULE, IMA_NOT_ALLOWED /payload/dummy.ko",
  })
  void givenAPolicyOfWordsThenABootIsRefusedForTheWordsItLacks(
      HostVariant variant, @Nullable String findings) throws Exception {
    AttestationPolicy words =
        policy(CaptureLevel.KEYS)
            .with(
                Set.of(
                    Check.SECURE_BOOT_SETTINGS,
                    Check.KERNEL_LOCKDOWN,
                    Check.NO_KERNEL_DEBUG,
                    Check.MODULE_SIGNATURES,
                    Check.IOMMU,
                    Check.NO_HIBERNATION,
                    Check.CODE_INTEGRITY));

    Verdict verdict = verdict(variant, words);

    assertThat(shortened(verdict))
        .isEqualTo(findings == null ? List.of() : List.of(findings.split(" \\+ ")));
  }

  /** Firmware, its card's option ROM and its forbidden signatures: PCRs 0, 2 and 7. */
  @Test
  void givenNewFirmwareThenABaselineOfImagesPassesAndOneOfEverythingNamesWhatIsNew()
      throws Exception {
    assertThat(verdict(HostVariant.NEW_FIRMWARE)).isInstanceOf(Verdict.Healthy.class);

    Verdict verdict = verdict(HostVariant.NEW_FIRMWARE, policy(CaptureLevel.EVERYTHING));

    assertThat(shortened(verdict))
        .isNotEmpty()
        .containsOnly("the forbidden signatures (dbx)", "the firmware", "drivers and option ROMs");
    for (int pcr : new int[] {0, 2, 7}) {
      assertThat(pcr(HostVariant.NEW_FIRMWARE, pcr)).isNotEqualTo(pcr(HostVariant.STANDARD, pcr));
    }
    assertThat(pcr(HostVariant.NEW_FIRMWARE, 9)).isEqualTo(pcr(HostVariant.STANDARD, 9));
  }

  private static Bytes pcr(HostVariant variant, int pcr) throws Exception {
    return RealBoots.of(variant).pcrs().value(TpmHash.SHA256, pcr).orElseThrow();
  }

  @Test
  void givenAPolicyWithoutBaselineThenSecureBootOffIsTheOneFinding() throws Exception {
    AttestationPolicy without = policy(CaptureLevel.KEYS).without(Set.of(Check.BOOT_BASELINE));

    assertThat(shortened(verdict(HostVariant.SECURE_BOOT_OFF, without)))
        .containsExactly("SECURE_BOOT_OFF");
    assertThat(verdict(HostVariant.SECURE_BOOT_OFF, without.without(Set.of(Check.SECURE_BOOT))))
        .isInstanceOf(Verdict.Healthy.class);
  }

  private static List<String> shortened(Verdict verdict) {
    return verdict instanceof Verdict.Refused refused
        ? refused.findings().stream().map(MeasuredHostTest::inShort).toList()
        : List.of();
  }

  /** The fact that is no longer the baseline's, or the code and the file where there is one. */
  private static String inShort(Finding finding) {
    return switch (finding.code()) {
      case BOOT_BASELINE_MISMATCH ->
          finding.detail().replaceAll("baseline \"standard\": (.*): value .*", "$1");
      case IMA_NOT_ALLOWED -> finding.code() + finding.detail().replaceAll(".*,", "");
      default -> finding.code().name();
    };
  }

  private static Verdict verdict(HostVariant variant) throws Exception {
    return verdict(variant, policy(CaptureLevel.BOOT));
  }

  private static Verdict verdict(HostVariant variant, AttestationPolicy policy) throws Exception {
    try (RunningHost running = RunningHost.of(RealBoots.of(variant))) {
      running.measureEnclave(ENCLAVE);
      UntrustedEvidence evidence = running.evidence(NONCE, policy.selection());
      return Verifier.appraise(policy, evidence, CHALLENGE).verdict();
    }
  }

  private static AttestationPolicy policy(CaptureLevel level) throws Exception {
    BootedHost standard = RealBoots.of(HostVariant.STANDARD);
    BootBaseline baseline = BootBaseline.capture("standard", facts(standard), level);
    Set<Bytes> files = new HashSet<>();
    ImaReplay.replay(
        new ByteArrayInputStream(standard.imaList().toArray()),
        new ImaOptions(Set.of(TpmHash.SHA256), true, Optional.empty()),
        entry -> files.add(entry.fileDigest()));
    return AttestationPolicy.standard("lab", 1, List.of(baseline))
        .with(Set.of(Check.CODE_INTEGRITY))
        .with(
            CheckSettings.NONE
                .withBaselines(List.of(baseline))
                .withCodeIntegrity(CodeIntegrityRules.of(ImaPolicy.strict(files))));
  }

  private static BootFacts facts(BootedHost booted) throws MalformedException {
    return BootFacts.draw(
        UntrustedEventLog.parse(booted.eventLog().toArray(), LogLimits.DEFAULT), TpmHash.SHA256);
  }
}
