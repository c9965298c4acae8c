package org.shieldwall.evidence.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.tpm.MalformedException;

/** What the logs of real machines prove. */
class GenuineBootFactsTest {
  private static BootFacts facts(String path) throws MalformedException {
    UntrustedEventLog log = GenuineEventLogsTest.log(path);
    return BootFacts.draw(log, log.usualBank().orElseThrow());
  }

  private static List<String> problems(BootFacts facts) {
    return facts.problems().stream().map(each -> each.code().label()).distinct().toList();
  }

  @ParameterizedTest
  @CsvSource({
    "go-tpm-tools/debian-10.bin,ON",
    "go-tpm-tools/rhel8-uefi.bin,ON",
    "go-tpm-tools/cos-101-amd-sev.bin,ON",
    "go-tpm-tools/cos-85-amd-sev.bin,ON",
    "go-tpm-tools/eventlogwithsp800155.bin,ON",
    "go-tpm-tools/confidential-gke-debug-251000_eventlog.bin,ON",
    "go-tpm-tools/ubuntu-2104-no-secure-boot.bin,OFF",
    "go-tpm-tools/ubuntu-2404-amd-sevsnp.bin,OFF",
    "go-tpm-tools/gdc-host.bin,OFF",
    "go-tpm-tools/glinux-alex.bin,OFF",
    "go-attestation/coreos_36_shielded_vm_no_secure_boot_eventlog,OFF",
    "go-attestation/sb_cert_eventlog,ON",
    "go-attestation/option_rom_eventlog,ON",
    "go-attestation/windows_gcp_shielded_vm.json,ON",
    "go-attestation/crypto_agile_eventlog,UNKNOWN",
    "tpm2-tools/event-postcode.bin,ON",
    "tpm2-tools/event-moklisttrusted.bin,ON",
    "tpm2-tools/event-bootorder.bin,OFF"
  })
  void secureBootIsReadFromContentThatHashesToItsDigest(String log, SecureBootState state)
      throws MalformedException {
    assertThat(facts("eventlogs/" + log).secureBoot()).isEqualTo(state);
  }

  @Test
  void anEmptySecureBootVariableIsAnErrorForThatFactAlone() throws MalformedException {
    BootFacts facts = facts("eventlogs/go-tpm-tools/arch-linux-workstation.bin");
    assertThat(facts.secureBoot()).isEqualTo(SecureBootState.UNKNOWN);
    assertThat(problems(facts)).containsExactly("secure-boot-unreadable");
    assertThat(facts.kernelCommandLine())
        .singleElement()
        .extracting(MeasuredText::text)
        .asString()
        .endsWith("l1tf=off");
  }

  @Test
  void aVersionThatDoesNotHashToItsDigestIsNoVersion() throws MalformedException {
    BootFacts facts = facts("eventlogs/go-tpm-tools/gdc-host.bin");
    assertThat(facts.firmwareVersion()).isEmpty();
    assertThat(problems(facts)).containsExactly("no-scrtm-version");
  }

  @Test
  void variablesWhoseNamesAreNotMeasuredProveNothing() throws MalformedException {
    BootFacts facts = facts("eventlogs/go-attestation/linux_tpm12.json");
    assertThat(facts.secureBoot()).isEqualTo(SecureBootState.UNKNOWN);
    assertThat(problems(facts)).contains("variable-name-not-measured");
  }

  @Test
  void theBenchmarksBootIsReadInFull() throws MalformedException {
    BootFacts facts = facts("bench/eventlog.bin");
    assertThat(facts.secureBoot()).isEqualTo(SecureBootState.ON);
    assertThat(facts.firmwareVersion().orElseThrow().text()).isEqualTo("edk2-20240524-7.el9");
    assertThat(facts.variables("PK")).hasSize(1);
    assertThat(facts.variables("dbx").getFirst().entries()).hasSizeGreaterThan(100);
    assertThat(facts.authorities())
        .extracting(MeasuredVariable::name)
        .containsExactly("db", "SbatLevel", "vendor_db");
    assertThat(facts.authorities().getFirst().entries().getFirst().subject())
        .contains("CN=Microsoft Corporation UEFI CA 2011");
    assertThat(facts.bootApplications())
        .extracting(MeasuredDigest::claimedName)
        .containsExactly("\\EFI\\redhat\\shimx64.efi", "\\EFI\\redhat\\grubx64.efi", "");
    assertThat(facts.kernelCommandLine())
        .singleElement()
        .extracting(MeasuredText::text)
        .asString()
        .startsWith("(hd0,gpt2)/vmlinuz-5.14.0-503.11.1.el9_5.x86_64 root=");
    assertThat(facts.exitBootServices()).isTrue();
    assertThat(facts.problems()).isEmpty();
  }

  @Test
  void systemdStubsCommandLineAndInitrdAreRead() throws MalformedException {
    BootFacts facts = facts("eventlogs/tpm2-tools/event-sd-boot-fedora37.bin");
    assertThat(facts.kernelCommandLine())
        .extracting(MeasuredText::text)
        .containsExactly(
            " console=ttyS0 console=tty0 efi=debug ", " console=ttyS0 console=tty0 efi=debug ");
    assertThat(facts.initrds()).hasSize(1);
  }

  @Test
  void windowsSaysThatItDoesNotRunTestSignedCode() throws MalformedException {
    BootFacts facts = facts("eventlogs/go-attestation/windows_gcp_shielded_vm.json");
    assertThat(facts.windows())
        .anyMatch(each -> each.name().equals("test-signing") && each.value() == 0)
        .anyMatch(each -> each.name().equals("code-integrity") && each.value() == 1);
    assertThat(facts.problems()).isEmpty();
  }
}
