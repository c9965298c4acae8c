package org.shieldwall.disk.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.disk.uefi.EfiTime;
import org.shieldwall.disk.uefi.EfiVariable;
import org.shieldwall.disk.uefi.Pcr7Prediction;
import org.shieldwall.disk.uefi.SecureBootPolicy;
import org.shieldwall.disk.uefi.UefiVariableStore;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** Real boots: what our variables let start, and what the firmware then measures into PCR 7. */
@Tag("boot")
class MeasuredBootTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir Path folder;
  private BuiltGuest probe;
  private SecureBootPolicy policy;

  @BeforeEach
  void build() throws Exception {
    TestMachine.requireParts();
    probe = BuiltGuest.probe();
    policy = SecureBootPolicy.onlySignedBy(probe.certificate());
  }

  @Test
  void givenOurVariables_whenASignedImageBoots_thenPcr7IsAsPredicted() throws Exception {
    try (TestMachine machine = start("signed.img", enrolled())) {
      assertThat(machine.awaitPowerOff(LIMIT)).isTrue();
    }

    assertThat(pcr7()).isEqualTo(Pcr7Prediction.of(policy).value(TpmHash.SHA256));
  }

  @ParameterizedTest
  @ValueSource(strings = {"unsigned.img", "foreign.img"})
  void givenOurVariables_whenAnImageNotSignedByOurKeyIsOffered_thenItDoesNotStart(String image)
      throws Exception {
    try (TestMachine machine = start(image, enrolled())) {
      String said = machine.awaitSerial(LIMIT, ": Access Denied", "EFI stub", "No bootable option");

      assertThat(said).contains("failed to load", ": Access Denied").doesNotContain("EFI stub");
    }
    assertThat(written()).isEmpty();
  }

  @Test
  void givenSecureBootSwitchedOff_whenAnUnsignedImageBoots_thenPcr7IsNotAsPredicted()
      throws Exception {
    UefiVariableStore store = enrolled();
    EfiVariable enable =
        store.variables().stream()
            .filter(each -> each.name().equals("SecureBootEnable"))
            .findFirst()
            .orElseThrow();
    store =
        store.with(
            new EfiVariable(
                enable.name(), enable.vendor(), enable.attributes(), EfiTime.NONE, Bytes.zeros(1)));
    try (TestMachine machine = start("unsigned.img", store)) {
      assertThat(machine.awaitPowerOff(LIMIT)).isTrue();
    }

    assertThat(pcr7()).isNotEqualTo(Pcr7Prediction.of(policy).value(TpmHash.SHA256));
  }

  private UefiVariableStore enrolled() throws Exception {
    byte[] empty = Files.readAllBytes(Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd"));
    return policy.enrolInto(UefiVariableStore.parse(empty), LocalDateTime.of(2026, 1, 1, 0, 0));
  }

  private TestMachine start(String image, UefiVariableStore variables) throws IOException {
    Path flash = Files.write(folder.resolve("variables.fd"), variables.toBytes());
    Path boot = Files.copy(probe.file(image), folder.resolve("boot.img"));
    try (RandomAccessFile log = new RandomAccessFile(folder.resolve("log.img").toFile(), "rw")) {
      log.setLength(1 << 20);
    }
    Path tpm = Files.createDirectory(folder.resolve("tpm"));
    return TestMachine.start(
        tpm,
        flash,
        new TestMachine.Disk("boot", boot),
        new TestMachine.Disk("log", folder.resolve("log.img")));
  }

  /** What the booted kernel wrote about itself: "pcr N HEX" lines. */
  private String written() throws IOException {
    byte[] block = Arrays.copyOf(Files.readAllBytes(folder.resolve("log.img")), 4096);
    return new String(block, StandardCharsets.US_ASCII).replace("\0", "");
  }

  private Bytes pcr7() throws IOException {
    var line = Pattern.compile("^pcr 7 (.*)$", Pattern.MULTILINE).matcher(written());
    assertThat(line.find()).as("the kernel that booted says what is in PCR 7").isTrue();
    return Bytes.ofHex(line.group(1));
  }
}
