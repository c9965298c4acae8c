package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.evidence.eventlog.EfiVariable;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/** Checks that compare with what the policy holds: keys, revocations, manifests. */
class SettingsChecksTest {
  private static final CheckedHost STANDARD = CheckedHost.recorded("standard");
  private static final String LINE = STANDARD.claimedCommandLine().orElseThrow().strip();
  private static final Bytes UKI = image(STANDARD);
  private static final Bytes DUMP_KEY = LogBuilder.digestOf("a dump key");

  private static Bytes image(CheckedHost host) {
    LogBuilder boot = host.boot();
    return boot.events.get(boot.find(4, EventType.EFI_BOOT_SERVICES_APPLICATION)).digest();
  }

  private static List<FindingCode> codes(CheckedHost host, Check check, AttestationPolicy policy) {
    return CheckedHost.codes(host.judge(policy, check));
  }

  @Test
  void givenTheKeysOfABaselineThenTheyPassAndOthersDoNot() {
    CheckedHost host = STANDARD;
    assertThat(host.judge(Check.SECURE_BOOT_SETTINGS).outcome()).isEqualTo(Outcome.PASS);
    LogBuilder other = LogBuilder.boot();
    other.variableEvent(
        7,
        EventType.EFI_VARIABLE_AUTHORITY,
        EfiVariable.SECURITY_DATABASE,
        "db",
        Bytes.ofText("another signer's certificate"));
    AttestationPolicy policy = host.policy(Check.SECURE_BOOT_SETTINGS);
    AttestationPolicy others =
        policy.with(
            policy
                .settings()
                .withSecureBootKeys(
                    List.of(
                        BootBaseline.capture(
                            "other", VerifierTest.facts(other.log()), CaptureLevel.KEYS))));
    assertThat(codes(host, Check.SECURE_BOOT_SETTINGS, others))
        .containsExactly(FindingCode.SECURE_BOOT_SETTINGS_MISMATCH);
    AttestationPolicy none =
        policy
            .with(policy.settings().withBaselines(List.of()))
            .without(Set.of(Check.BOOT_BASELINE));
    assertThat(codes(host, Check.SECURE_BOOT_SETTINGS, none))
        .containsExactly(FindingCode.SECURE_BOOT_SETTINGS_MISSING);
  }

  /** EFI_SIGNATURE_LIST of SHA-256 hashes (UEFI section 32.4.1). */
  static Bytes hashes(Bytes... digests) {
    byte[] guid = Bytes.ofHex("2616c4c14c509240aca941f936934328").toArray();
    byte[] owner = new byte[16];
    ByteWriter entries = new ByteWriter();
    for (Bytes each : digests) {
      entries.bytes(owner).bytes(each.toArray());
    }
    return new ByteWriter()
        .bytes(guid)
        .bytes(little(28 + 48 * digests.length))
        .bytes(little(0))
        .bytes(little(48))
        .bytes(entries.toBytes().toArray())
        .toBytes();
  }

  private static byte[] little(int value) {
    return new byte[] {
      (byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)
    };
  }

  @Test
  void givenRevocationsThenDbxHasToHoldEachOfThem() throws MalformedException {
    Bytes first = LogBuilder.digestOf("a boot loader with a hole");
    Bytes second = LogBuilder.digestOf("another");
    CheckedHost host = CheckedHost.recorded("new-firmware");
    AttestationPolicy policy = host.policy(Check.DBX_AT_LEAST);
    assertThat(codes(host, Check.DBX_AT_LEAST, policy))
        .containsExactly(FindingCode.DBX_REQUIREMENT_MISSING);
    Revocations required = Revocations.parse(hashes(first).toArray());
    assertThat(
            host.judge(policy.with(policy.settings().withRevocations(required)), Check.DBX_AT_LEAST)
                .outcome())
        .isEqualTo(Outcome.PASS);
    Revocations more = Revocations.parse(hashes(first, second).toArray());
    CheckResult result =
        host.judge(policy.with(policy.settings().withRevocations(more)), Check.DBX_AT_LEAST);
    assertThat(CheckedHost.codes(result)).containsExactly(FindingCode.DBX_OUTDATED);
    assertThat(result.findings().getFirst().detail()).contains("sha256:" + second.hex());
  }

  @Test
  void givenASignedUpdateOfDbxThenItsListsAreRead() throws MalformedException {
    Bytes digest = LogBuilder.digestOf("a boot loader with a hole");
    Bytes signature = Bytes.zeros(40);
    Bytes update =
        Bytes.concat(
            Bytes.zeros(16),
            Bytes.of(little(8 + 40)),
            Bytes.ofHex("0002f10e"),
            signature,
            hashes(digest));
    assertThat(Revocations.parse(update.toArray()))
        .isEqualTo(new Revocations(Set.of("sha256:" + digest.hex())));
    assertThatThrownBy(() -> Revocations.parse(update.slice(0, update.length() - 1).toArray()))
        .isInstanceOf(MalformedException.class);
  }

  static ImageManifest manifest(String commandLine, Check... guarantees) {
    return new ImageManifest(
        "appliance 7",
        List.of(UKI),
        List.of(),
        commandLine,
        Set.of(),
        Set.of(guarantees),
        Set.of());
  }

  static AttestationPolicy with(AttestationPolicy policy, ImageManifest manifest) {
    return policy.with(policy.settings().withManifests(List.of(manifest), Set.of(DUMP_KEY)));
  }

  @ParameterizedTest
  @EnumSource(Check.class)
  void givenAManifestThenItAnswersForWhatNoMeasurementShowsAndForNothingElse(Check check) {
    if (!check.canBeGuaranteed()) {
      assertThatThrownBy(() -> manifest("quiet", check))
          .isInstanceOf(IllegalArgumentException.class);
      return;
    }
    CheckedHost host = CheckedHost.of(STANDARD.boot());
    AttestationPolicy policy = host.policy(check);
    assertThat(host.judge(with(policy, manifest(LINE, check)), check).found())
        .contains("appliance 7");
    boolean shownByItsLine =
        host.judge(with(policy, manifest(LINE)), check).outcome() == Outcome.PASS;
    assertThat(shownByItsLine)
        .as("a manifest that does not guarantee it")
        .isEqualTo(
            !Set.of(
                    Check.CODE_INTEGRITY_ENFORCED,
                    Check.NO_SWAP_OR_ENCRYPTED,
                    Check.PTRACE_RESTRICTED)
                .contains(check));
  }

  @Test
  void givenAnImageOfAManifestThenItsOwnCommandLineIsProven() {
    CheckedHost host = CheckedHost.of(STANDARD.boot());
    AttestationPolicy policy = with(host.policy(Check.KERNEL_LOCKDOWN), manifest(LINE));
    assertThat(
            host.judge(policy.without(Set.of(Check.BOOT_BASELINE)), Check.KERNEL_LOCKDOWN).found())
        .contains("inside the image of manifest appliance 7");
  }

  @Test
  void givenACommandLineThatContradictsAGuaranteeThenTheGuaranteeMendsNothing() {
    CheckedHost host = CheckedHost.of(CheckedHost.sealed("systemd.swap=1").boot());
    ImageManifest swapping =
        new ImageManifest(
            "appliance 7",
            List.of(LogBuilder.digestOf("uki")),
            List.of(),
            "systemd.swap=1",
            Set.of(),
            Set.of(Check.NO_SWAP_OR_ENCRYPTED),
            Set.of());
    AttestationPolicy policy = with(host.policy(Check.NO_SWAP_OR_ENCRYPTED), swapping);
    assertThat(codes(host, Check.NO_SWAP_OR_ENCRYPTED, policy))
        .containsExactly(FindingCode.SWAP_UNPROVEN);
  }

  @Test
  void givenAnotherImageOrSomethingAddedThenTheManifestSpeaksOfNeither() {
    CheckedHost good = STANDARD;
    AttestationPolicy policy = good.policy(Check.IMAGE_MANIFEST);
    assertThat(codes(good, Check.IMAGE_MANIFEST, policy))
        .containsExactly(FindingCode.IMAGE_MANIFEST_MISSING);
    AttestationPolicy named = with(policy, manifest(LINE));
    assertThat(good.judge(named, Check.IMAGE_MANIFEST).outcome()).isEqualTo(Outcome.PASS);
    CheckedHost other = CheckedHost.recorded("updated");
    CheckedHost second = CheckedHost.recorded("standard");
    second.boot().application(LogBuilder.digestOf("evil"), "\\evil.efi");
    CheckedHost given = CheckedHost.recorded("standard");
    given.boot().measured(12, EventType.IPL, LogBuilder.utf16("rd.break\0"));
    CheckedHost extended = CheckedHost.recorded("standard");
    extended
        .boot()
        .extended(13, EventType.IPL, LogBuilder.digestOf("an extension"), Bytes.zeros(4));
    for (CheckedHost host : List.of(other, second, given, extended)) {
      assertThat(codes(host, Check.IMAGE_MANIFEST, named))
          .containsExactly(FindingCode.IMAGE_WITHOUT_MANIFEST);
    }
  }

  @Test
  void givenTheRootsOfAManifestThenTheyAreAllowedForItsImageAndNoOther() {
    CheckedHost host = CheckedHost.recorded("verity");
    String line = host.claimedCommandLine().orElseThrow().strip();
    Bytes root = LogBuilder.digestOf("a root file system");
    ImageManifest roots =
        new ImageManifest(
            "appliance 7", List.of(image(host)), List.of(), line, Set.of(root), Set.of(), Set.of());
    assertThat(
            host.judge(with(host.policy(Check.CODE_INTEGRITY), roots), Check.CODE_INTEGRITY)
                .found())
        .contains("root hash " + root.hex().substring(0, 4));
    CheckedHost other =
        new CheckedHost(
            new LogBuilder().firmware(true).sealedImage("other", line).exit(), Optional.of(line));
    assertThat(codes(other, Check.CODE_INTEGRITY, with(other.policy(Check.CODE_INTEGRITY), roots)))
        .containsExactly(FindingCode.CODE_INTEGRITY_MISSING);
  }

  @Test
  void givenDumpsToAKeyThenItHasToBeRegistered() {
    CheckedHost dumping = CheckedHost.recorded("dumps");
    String line = dumping.claimedCommandLine().orElseThrow().strip();
    CheckedHost host = CheckedHost.of(dumping.boot());
    AttestationPolicy policy = host.policy(Check.NO_DUMPS_OR_ENCRYPTED);
    for (Bytes key : List.of(DUMP_KEY, LogBuilder.digestOf("another key"))) {
      ImageManifest manifest =
          new ImageManifest(
              "appliance 8",
              List.of(image(host)),
              List.of(),
              line,
              Set.of(),
              Set.of(Check.NO_DUMPS_OR_ENCRYPTED),
              Set.of(key));
      assertThat(codes(host, Check.NO_DUMPS_OR_ENCRYPTED, with(policy, manifest)))
          .isEqualTo(
              key.equals(DUMP_KEY) ? List.of() : List.of(FindingCode.DUMP_KEY_NOT_REGISTERED));
    }
    ImageManifest none =
        new ImageManifest(
            "appliance 9",
            List.of(image(host)),
            List.of(),
            line,
            Set.of(),
            Set.of(Check.NO_DUMPS_OR_ENCRYPTED),
            Set.of());
    assertThat(codes(host, Check.NO_DUMPS_OR_ENCRYPTED, with(policy, none)))
        .as("memory is reserved for dumps, and the manifest names no key they go to")
        .containsExactly(FindingCode.DUMPS_POSSIBLE);
  }

  @ParameterizedTest
  @EnumSource(Check.class)
  void givenACheckThatIsOffThenItPassesNowhereAndNeedsNothing(Check check) {
    CheckedHost host = STANDARD;
    AttestationPolicy policy = host.policy(check);
    if (!check.canBeSwitched()) {
      assertThatThrownBy(() -> policy.without(Set.of(check)))
          .isInstanceOf(IllegalArgumentException.class);
      return;
    }
    AttestationPolicy off = policy.without(Set.of(check));
    CheckResult result = host.judge(off, check, Outcome.OFF);
    assertThat(result.findings()).isEmpty();
    Appraisal appraisal = Verifier.appraise(off, host.evidence(off), CheckedHost.CHALLENGE);
    assertThat(((Verdict.Healthy) appraisal.verdict()).claims().checks())
        .doesNotContain(check)
        .allMatch(each -> appraisal.result(each).outcome() == Outcome.PASS);
  }

  @ParameterizedTest
  @EnumSource(Check.class)
  void givenNoEventLogThenNothingThatRestsOnOnePasses(Check check) {
    CheckedHost host = STANDARD;
    AttestationPolicy policy = host.policy(check);
    UntrustedEvidence good = host.evidence(policy);
    UntrustedEvidence without =
        new UntrustedEvidence(
            good.attest(),
            good.signature(),
            good.attestationKey(),
            good.pcrs(),
            Optional.empty(),
            Optional.empty());
    Appraisal appraisal = Verifier.appraise(policy, without, CheckedHost.CHALLENGE);
    boolean needsNoLog =
        Set.of(
                Check.EK_REGISTERED,
                Check.AK_ACCEPTABLE,
                Check.QUOTE,
                Check.ENCLAVE_MEASURED,
                Check.FULL_BOOT)
            .contains(check);
    assertThat(appraisal.result(check).outcome() == Outcome.PASS).isEqualTo(needsNoLog);
    assertThat(appraisal.verdict()).isInstanceOf(Verdict.Refused.class);
  }

  @Test
  void baselinesOfAnotherBankAreRefused() {
    BootBaseline sha384 =
        new BootBaseline(
            "other",
            TpmHash.SHA384,
            new java.util.TreeMap<>(
                java.util.Map.of(FactName.SECURE_BOOT, List.of(new FactValue("on", "")))));
    assertThatThrownBy(() -> AttestationPolicy.standard("x", 1, List.of(sha384)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
