package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmHash;

/**
 * A character device with swtpm at its other end. Where the kernel offers {@code /dev/vtpmx} it is
 * a TPM device of the kernel's own, with its driver in between; a terminal's device everywhere
 * else.
 */
@Timeout(120)
class DeviceTransportTest {
  private static final Path PROXY = Path.of("/dev/vtpmx");
  private static final Pattern PROXY_DEVICE = Pattern.compile("New TPM device: (/dev/tpm(\\d+))");

  /**
   * Makes a terminal whose bytes nothing alters, prints its name, and becomes an swtpm that speaks
   * through the other end. The near end stays open: otherwise it would be hung up before the test
   * has opened it.
   */
  private static final String TERMINAL =
      """
      import os, pty, sys, tty
      far, near = pty.openpty()
      tty.setraw(near)
      print("New TPM device:", os.ttyname(near), flush=True)
      os.set_inheritable(far, True)
      os.set_inheritable(near, True)
      os.execvp("swtpm", ["swtpm", "chardev", "--tpm2", "--fd", str(far)] + sys.argv[1:])
      """;

  private static final Pattern TERMINAL_DEVICE = Pattern.compile("New TPM device: (/dev/pts/\\d+)");

  private Path folder;
  private final List<Process> started = new ArrayList<>();

  @BeforeEach
  void folder() throws IOException {
    TestTpm.requireTool("swtpm", "swtpm");
    folder = Files.createTempDirectory("swtpm");
  }

  @AfterEach
  void end() throws Exception {
    for (Process each : started) {
      each.destroy();
      assertThat(each.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path each : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }

  /** {@return what names the device in the output of a program that makes one and stays} */
  private Matcher device(Pattern says, String... line) throws IOException {
    List<String> words = new ArrayList<>(List.of(line));
    words.addAll(List.of("--tpmstate", "dir=" + folder, "--flags", "not-need-init"));
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    started.add(process);
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    StringBuilder said = new StringBuilder();
    for (String each = output.readLine(); each != null; each = output.readLine()) {
      Matcher found = says.matcher(each);
      if (found.find()) {
        return found;
      }
      said.append(each).append('\n');
    }
    throw new AssertionError("no device: " + said);
  }

  private Path terminal() throws IOException {
    TestTpm.requireTool("python3", "python3");
    return Path.of(device(TERMINAL_DEVICE, "python3", "-c", TERMINAL).group(1));
  }

  private static void startsAndMeasures(Tpm tpm) throws TpmException {
    assertThat(tpm.random(16)).hasSize(16).isNotEqualTo(tpm.random(16));
    PcrSelection pcr = PcrSelection.of(TpmHash.SHA256, 16);
    Bytes digest = TpmHash.SHA256.hash(Bytes.ofText("measured"));
    tpm.pcrs().extend(16, Map.of(TpmHash.SHA256, digest));
    assertThat(tpm.pcrs().read(pcr).value(TpmHash.SHA256, 16))
        .contains(TpmHash.SHA256.hash(Bytes.zeros(32), digest));
  }

  @Test
  void givenACharacterDeviceThenCommandsGoThroughItToATpm() throws Exception {
    try (Tpm tpm = Tpm.device(terminal())) {
      tpm.startup(Tpm.StartupType.CLEAR);
      startsAndMeasures(tpm);
    }
  }

  /** A terminal whose other end has gone answers a read with an error or with nothing. */
  @Test
  void givenATpmThatEndsThenThatIsSaidAndNothingHangs() throws Exception {
    try (Tpm tpm = Tpm.device(terminal())) {
      tpm.startup(Tpm.StartupType.CLEAR);
      assertThat(started.getFirst().destroyForcibly().waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(() -> tpm.random(8))
          .isInstanceOf(TpmUnusableException.class)
          .hasMessageContaining("TPM2_GetRandom could not be carried out");
    }
  }

  @Test
  void givenTheKernelsOwnTpmDevicesThenAKeyAttestsThroughTheDriverAndItsResourceManager()
      throws Exception {
    assumeTrue(Files.isWritable(PROXY), "skipped: no " + PROXY + " (kernel module tpm_vtpm_proxy)");
    Matcher made = device(PROXY_DEVICE, "swtpm", "chardev", "--tpm2", "--vtpm-proxy");
    // The driver sends TPM2_Startup itself.
    Path device = Path.of(made.group(1));
    try (Tpm tpm = Tpm.device(appeared(device))) {
      startsAndMeasures(tpm);
    }
    Path managed = device.resolveSibling("tpmrm" + made.group(2));
    try (Tpm tpm = Tpm.device(appeared(managed));
        TpmObject key =
            tpm.keys()
                .createPrimary(
                    Hierarchy.ENDORSEMENT, KeyTemplates.attestationEccP256(Bytes.zeros(32)))) {
      PcrSelection pcrs = PcrSelection.of(TpmHash.SHA256, 0, 16);
      Bytes nonce = Bytes.ofText("nonce");
      Quoted quoted = tpm.keys().quote(key, Authorization.none(), nonce, pcrs);
      assertThat(quoted.signature().verify(key.area().publicKey(), quoted.attest().raw())).isTrue();
      assertThat(quoted.attest().extraData()).isEqualTo(nonce);
    }
  }

  private static Path appeared(Path device) throws InterruptedException {
    for (int attempt = 0; attempt < 600 && !Files.isWritable(device); attempt++) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    return device;
  }
}
