package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.evidence.Appraisal;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.Challenge;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.CheckSettings;
import org.shieldwall.evidence.CodeIntegrityRules;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.evidence.Revocations;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.evidence.Verifier;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.evidence.predict.UnifiedKernel;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * Each check by itself, on hosts that booted: one that shows what is asked passes, and one that
 * lacks it has that finding and no other.
 */
@Tag("boot")
class ChecksOfBootsTest {
  private static final Bytes ENCLAVE = TpmHash.SHA256.hash(Bytes.ofText("the enclave's keys"));
  private static final Bytes NONCE = TpmHash.SHA256.hash(Bytes.ofText("nonce and enclave"));
  private static final Challenge CHALLENGE = new Challenge(Optional.of("rack1"), NONCE, ENCLAVE);
  private static final Bytes ROOT = TpmHash.SHA256.hash(Bytes.ofText("a root file system"));
  private static final Bytes DUMP_KEY = TpmHash.SHA256.hash(Bytes.ofText("a dump key"));

  @BeforeAll
  static void bootAll() throws Exception {
    RealBoots.all(HostVariant.values());
  }

  private static BootFacts facts(HostVariant variant) throws Exception {
    return BootFacts.draw(
        UntrustedEventLog.parse(RealBoots.of(variant).eventLog().toArray(), LogLimits.DEFAULT),
        TpmHash.SHA256);
  }

  /** Whatever the enrolled keys let run, and this one check. */
  private static AttestationPolicy asking(Check check) throws Exception {
    BootBaseline keys =
        BootBaseline.capture("keys", facts(HostVariant.STANDARD), CaptureLevel.KEYS);
    return AttestationPolicy.standard("one check", 1, List.of(keys)).with(Set.of(check));
  }

  private static Appraisal appraise(HostVariant variant, AttestationPolicy policy)
      throws Exception {
    try (RunningHost running = RunningHost.of(RealBoots.of(variant))) {
      return appraise(running, policy);
    }
  }

  private static Appraisal appraise(RunningHost running, AttestationPolicy policy)
      throws Exception {
    running.measureEnclave(ENCLAVE);
    return Verifier.appraise(policy, running.evidence(NONCE, policy.selection()), CHALLENGE);
  }

  /**
   * {@return every finding of the host; a host without one has passed the check, not skipped it}
   */
  private static List<String> findings(Appraisal appraisal, Check check) {
    if (appraisal.verdict() instanceof Verdict.Refused refused) {
      return refused.findings().stream().map(Finding::code).map(Enum::name).toList();
    }
    assertThat(appraisal.result(check).outcome()).isEqualTo(Outcome.PASS);
    return List.of();
  }

  @ParameterizedTest
  @CsvSource({
    "secure-boot, STANDARD, ''",
    "kernel-lockdown, STANDARD, ''",
    "kernel-lockdown, OPEN, KERNEL_NOT_LOCKED_DOWN",
    "kernel-lockdown, LOCKDOWN_INTEGRITY, KERNEL_NOT_LOCKED_DOWN",
    "no-kernel-debug, STANDARD, ''",
    "no-kernel-debug, KERNEL_DEBUGGER, KERNEL_DEBUG_ON",
    "module-signatures, STANDARD, ''",
    "module-signatures, ANY_MODULE, ''", // Lockdown refuses them too.
    "module-signatures, LOCKDOWN_INTEGRITY, ''",
    "module-signatures, OPEN, MODULE_SIGNATURES_NOT_ENFORCED",
    "code-integrity-enforced, HARDENED, ''",
    "code-integrity-enforced, VERITY, ''",
    "code-integrity-enforced, STANDARD, CODE_INTEGRITY_NOT_ENFORCED",
    "iommu, STANDARD, ''",
    "iommu, NO_IOMMU, IOMMU_NOT_ON",
    "no-hibernation, STANDARD, ''",
    "no-hibernation, OPEN, ''", // It says nohibernate.
    "no-hibernation, HIBERNATION, HIBERNATION_POSSIBLE",
    "no-swap-or-encrypted, STANDARD, SWAP_UNPROVEN",
    "no-dumps-or-encrypted, STANDARD, ''",
    "no-dumps-or-encrypted, DUMPS, DUMPS_POSSIBLE",
    "ptrace-restricted, HARDENED, ''",
    "ptrace-restricted, STANDARD, PTRACE_NOT_RESTRICTED",
    "image-manifest, STANDARD, IMAGE_MANIFEST_MISSING",
    "dbx-at-least, STANDARD, DBX_REQUIREMENT_MISSING",
  })
  void givenABootThenTheCheckPassesOrHasItsOneFinding(
      String label, HostVariant variant, String finding) throws Exception {
    Check check = Check.ofLabel(label).orElseThrow();

    assertThat(findings(appraise(variant, asking(check)), check))
        .isEqualTo(finding.isEmpty() ? List.of() : List.of(finding));
  }

  @Test
  void givenTheFirmwaresNewRevocationsThenOnlyTheUpdatedHostHasThem() throws Exception {
    AttestationPolicy policy = asking(Check.DBX_AT_LEAST);
    AttestationPolicy revoking =
        policy.with(
            policy
                .settings()
                .withRevocations(new Revocations(Set.of("sha256:" + HostVariant.REVOKED.hex()))));

    assertThat(findings(appraise(HostVariant.NEW_FIRMWARE, revoking), Check.DBX_AT_LEAST))
        .isEmpty();
    assertThat(findings(appraise(HostVariant.STANDARD, revoking), Check.DBX_AT_LEAST))
        .containsExactly("DBX_OUTDATED");
  }

  @Test
  void givenTheKeysOfAnotherFirmwareThenSecureBootIsNotSetAsAsked() throws Exception {
    AttestationPolicy policy =
        asking(Check.SECURE_BOOT_SETTINGS).without(Set.of(Check.BOOT_BASELINE));
    BootBaseline keys =
        BootBaseline.capture("keys", facts(HostVariant.STANDARD), CaptureLevel.KEYS);
    AttestationPolicy asked = policy.with(policy.settings().withSecureBootKeys(List.of(keys)));

    assertThat(findings(appraise(HostVariant.UPDATED, asked), Check.SECURE_BOOT_SETTINGS))
        .isEmpty();
    AttestationPolicy unchecked = asked.without(Set.of(Check.SECURE_BOOT));
    assertThat(
            findings(appraise(HostVariant.SECURE_BOOT_OFF, unchecked), Check.SECURE_BOOT_SETTINGS))
        .containsOnly("SECURE_BOOT_SETTINGS_MISMATCH");
  }

  @Test
  void givenARootHashThenItHasToBeOneThatIsAllowed() throws Exception {
    AttestationPolicy policy = asking(Check.CODE_INTEGRITY);

    assertThat(findings(appraise(HostVariant.VERITY, allowing(policy, ROOT)), Check.CODE_INTEGRITY))
        .isEmpty();
    assertThat(
            findings(
                appraise(HostVariant.VERITY, allowing(policy, DUMP_KEY)), Check.CODE_INTEGRITY))
        .containsExactly("VERITY_ROOT_NOT_ALLOWED");
    assertThat(
            findings(appraise(HostVariant.STANDARD, allowing(policy, ROOT)), Check.CODE_INTEGRITY))
        .containsExactly("VERITY_ROOT_NOT_ALLOWED");
  }

  private static AttestationPolicy allowing(AttestationPolicy policy, Bytes root) {
    CodeIntegrityRules rules = new CodeIntegrityRules(Optional.empty(), Set.of(root));
    return policy.with(policy.settings().withCodeIntegrity(rules));
  }

  /** The image as its maker signed it: what it will measure follows from its file. */
  private static ImageManifest manifest(String image, Set<Check> guarantees, Set<Bytes> dumpKeys)
      throws Exception {
    UnifiedKernel kernel =
        UnifiedKernel.parse(Files.readAllBytes(RealBoots.parts().resolve(image + ".efi")));
    return new ImageManifest(
        "appliance 7",
        List.of(kernel.image().authenticode(TpmHash.SHA256)),
        List.of(),
        kernel.commandLine(),
        Set.of(),
        guarantees,
        dumpKeys);
  }

  private static AttestationPolicy with(AttestationPolicy policy, ImageManifest manifest) {
    CheckSettings settings = policy.settings().withManifests(List.of(manifest), Set.of(DUMP_KEY));
    return policy.with(settings);
  }

  @Test
  void givenTheManifestOfAnImageThenItsBootPassesAndAnotherImagesDoesNot() throws Exception {
    AttestationPolicy policy =
        with(asking(Check.IMAGE_MANIFEST), manifest("standard", Set.of(), Set.of()));

    assertThat(findings(appraise(HostVariant.STANDARD, policy), Check.IMAGE_MANIFEST)).isEmpty();
    assertThat(findings(appraise(HostVariant.UPDATED, policy), Check.IMAGE_MANIFEST))
        .containsExactly("IMAGE_WITHOUT_MANIFEST");
  }

  @ParameterizedTest
  @EnumSource(
      value = Check.class,
      names = {
        "CODE_INTEGRITY_ENFORCED",
        "NO_SWAP_OR_ENCRYPTED",
        "PTRACE_RESTRICTED",
      })
  void givenAManifestThatAnswersForItThenWhatNoBootShowsPasses(Check check) throws Exception {
    AttestationPolicy policy = asking(check);
    ImageManifest silent = manifest("standard", Set.of(), Set.of());
    ImageManifest answering = manifest("standard", Set.of(check), Set.of());

    assertThat(findings(appraise(HostVariant.STANDARD, with(policy, silent)), check)).hasSize(1);
    Appraisal answered = appraise(HostVariant.STANDARD, with(policy, answering));
    assertThat(findings(answered, check)).isEmpty();
    assertThat(answered.result(check).found()).contains("appliance 7");
  }

  @Test
  void givenDumpsToARegisteredKeyThenTheyPassAndToAnotherTheyDoNot() throws Exception {
    Check check = Check.NO_DUMPS_OR_ENCRYPTED;
    AttestationPolicy policy = asking(check);

    assertThat(
            findings(
                appraise(
                    HostVariant.DUMPS,
                    with(policy, manifest("dumps", Set.of(check), Set.of(DUMP_KEY)))),
                check))
        .isEmpty();
    assertThat(
            findings(
                appraise(
                    HostVariant.DUMPS,
                    with(policy, manifest("dumps", Set.of(check), Set.of(ROOT)))),
                check))
        .containsExactly("DUMP_KEY_NOT_REGISTERED");
  }

  @Test
  void givenTheImagesManifestThenItsCommandLineIsProvenWithoutABaseline() throws Exception {
    AttestationPolicy policy =
        with(asking(Check.KERNEL_LOCKDOWN), manifest("standard", Set.of(), Set.of()))
            .without(Set.of(Check.BOOT_BASELINE));

    CheckResult result = appraise(HostVariant.STANDARD, policy).result(Check.KERNEL_LOCKDOWN);

    assertThat(result.outcome()).isEqualTo(Outcome.PASS);
    assertThat(result.found()).contains("inside the image of manifest appliance 7");
  }

  /** TPM2_Shutdown(STATE) and TPM2_Startup(STATE), which is what sleep and resume do to a TPM. */
  @Test
  void givenAHostThatSleptThenItsQuoteShowsThatItResumed() throws Exception {
    AttestationPolicy policy = asking(Check.FULL_BOOT);
    try (RunningHost running = RunningHost.of(RealBoots.of(HostVariant.STANDARD))) {
      running.sleepAndResume();

      Appraisal appraisal = appraise(running, policy);

      assertThat(findings(appraisal, Check.FULL_BOOT)).containsExactly("HOST_RESUMED");
      assertThat(appraisal.result(Check.FULL_BOOT).findings().getFirst().found())
          .contains("restart count 1");
      assertThat(appraise(HostVariant.STANDARD, policy).result(Check.FULL_BOOT).outcome())
          .isEqualTo(Outcome.PASS);
    }
  }
}
