package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.evidence.eventlog.MeasuredDigest;
import org.shieldwall.evidence.eventlog.SecureBootState;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** What a baseline holds hosts to, and what it lets pass. */
class BootBaselineTest {
  /** The log of a real boot of a guarded host: OVMF, Secure Boot, a signed unified kernel image. */
  private static BootFacts genuine() throws IOException {
    Path log =
        Path.of(System.getProperty("shieldwall.root", ".."))
            .resolve("cli/src/main/resources/org/shieldwall/cli/demo/host-boot-log.bin");
    return VerifierTest.facts(Bytes.of(Files.readAllBytes(log)));
  }

  private static List<String> differences(BootBaseline baseline, LogBuilder boot) {
    return baseline.compare(VerifierTest.facts(boot.log())).stream().map(Finding::detail).toList();
  }

  @Test
  void givenAGenuineBootThenItMatchesItsOwnBaselineOnEachLevel() throws IOException {
    BootFacts facts = genuine();
    assertThat(facts.secureBoot()).isEqualTo(SecureBootState.ON);
    assertThat(facts.problems()).isEmpty();
    assertThat(facts.sections())
        .extracting(MeasuredDigest::claimedName)
        .contains(".linux", ".osrel", ".cmdline", ".initrd");
    for (CaptureLevel level : CaptureLevel.values()) {
      assertThat(BootBaseline.capture("host", facts, level).compare(facts)).isEmpty();
    }
  }

  @Test
  void givenAGenuineBootThenItsBaselineReadsInWords() throws IOException {
    String words = BootBaseline.capture("host", genuine(), CaptureLevel.BOOT).describe();
    assertThat(words)
        .startsWith("Baseline \"host\" holds a host to:\n  Secure Boot: on\n")
        .contains("CN=Shieldwall demonstration host")
        .contains("\\EFI\\BOOT\\BOOTX64.EFI")
        .contains("anything goes for the firmware's version");
  }

  @Test
  void givenMoreIsCapturedThenMoreDiffers() {
    LogBuilder boot = LogBuilder.boot();
    LogBuilder other =
        LogBuilder.boot()
            .extended(2, EventType.EFI_BOOT_SERVICES_DRIVER, Bytes.zeros(32), Bytes.EMPTY);
    BootFacts facts = VerifierTest.facts(boot.log());
    assertThat(differences(BootBaseline.capture("b", facts, CaptureLevel.KEYS), other)).isEmpty();
    assertThat(differences(BootBaseline.capture("b", facts, CaptureLevel.BOOT), other)).isEmpty();
    assertThat(differences(BootBaseline.capture("b", facts, CaptureLevel.EVERYTHING), other))
        .singleElement()
        .asString()
        .contains("drivers and option ROMs");
  }

  @Test
  void givenOnlyKeysAreCapturedThenAnyImageTheyLetRunWillDo() {
    BootFacts facts = VerifierTest.facts(LogBuilder.boot().log());
    LogBuilder next = LogBuilder.of(RecordedBoot.of("updated").eventLog());
    assertThat(differences(BootBaseline.capture("b", facts, CaptureLevel.KEYS), next)).isEmpty();
  }

  @Test
  void givenGrubThenTheFilesThatChangeInEachBootAreLeftOut() {
    LogBuilder grub = LogBuilder.boot();
    grub.extended(9, EventType.IPL, LogBuilder.digestOf("grubenv"), Bytes.ofText("grubenv\0"));
    BootFacts facts = VerifierTest.facts(grub.log());
    assertThat(BootBaseline.capture("b", facts, CaptureLevel.BOOT).facts())
        .doesNotContainKey(FactName.LOADED_FILES);
    assertThat(BootBaseline.capture("b", facts, CaptureLevel.EVERYTHING).facts())
        .containsKey(FactName.LOADED_FILES);
  }

  @Test
  void givenAnImageMoreOrFewerThenItIsCountedFromOne() {
    BootBaseline baseline =
        BootBaseline.capture("b", VerifierTest.facts(LogBuilder.boot().log()), CaptureLevel.BOOT);
    LogBuilder more = LogBuilder.boot().application(LogBuilder.digestOf("second"), "\\second.efi");
    Finding finding = baseline.compare(VerifierTest.facts(more.log())).getFirst();
    assertThat(finding.detail()).contains("value 2, from event");
    assertThat(finding.expected()).isEqualTo("no more values");
    assertThat(finding.found()).contains("\\second.efi");
    LogBuilder none = new LogBuilder().firmware(true).exit();
    assertThat(baseline.compare(VerifierTest.facts(none.log())))
        .extracting(Finding::found)
        .contains("no more values");
  }

  @Test
  void givenEveryFactThenItsLabelNamesIt() {
    for (FactName each : FactName.values()) {
      assertThat(FactName.ofLabel(each.label())).contains(each);
    }
    assertThat(FactName.ofLabel("boot-applications")).contains(FactName.BOOT_APPLICATIONS);
  }

  @Test
  void aBaselineThatHoldsHostsToNothingIsNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BootBaseline("b", TpmHash.SHA256, new TreeMap<>()));
  }
}
