package org.shieldwall.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.shieldwall.cli.Failure;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;

/** The machine's own TPM is used where it can be, and where not, that is said. */
class HostsTpmTest {
  @Test
  void nobodyWhoDoesNotAskGetsTheMachinesOwnTpm() {
    HostsTpm chosen = HostsTpm.choose(Optional.empty());
    assertThat(chosen).isEqualTo(new HostsTpm.Played(""));
    assertThat(chosen.inWords()).contains("swtpm", "proves nothing about this machine");
  }

  @Test
  void aTpmThatIsNotThereIsReplacedByAnSwtpmAndTheReasonSaid() {
    HostsTpm chosen = HostsTpm.choose(Optional.of("device:/dev/no-such-tpm"));
    assertThat(chosen).isInstanceOf(HostsTpm.Played.class);
    assertThat(chosen.inWords())
        .contains("swtpm", "Its own TPM is not used", "cannot be opened", "/dev/no-such-tpm");
  }

  @Test
  void aDeviceThatIsNoTpmIsReplacedToo() {
    HostsTpm chosen = HostsTpm.choose(Optional.of("device:/dev/null"));
    assertThat(chosen.inWords()).contains("Its own TPM is not used: it does not serve");
  }

  @Test
  void whatIsNotThisMachinesIsRefusedBeforeAnythingIsBuilt() {
    for (String address : new String[] {"swtpm:/run/tpm.sock", "/dev/tpmrm0", "device:tpmrm0"}) {
      assertThatThrownBy(() -> HostsTpm.choose(Optional.of(address)))
          .isInstanceOfSatisfying(
              Failure.class,
              refused -> assertThat(refused.exitCode()).isEqualTo(Failure.MALFORMED));
    }
  }

  @Test
  void aTpmThatServesIsProbedForAllThatTheDemonstrationNeeds() throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/swtpm")), "skipped: needs the package swtpm");
    // A Unix socket's path must be short.
    Path folder = Files.createTempDirectory("tpm");
    try (PlayedMachine machine = new PlayedMachine(folder);
        InputStream log = Demo.class.getResourceAsStream("host-boot-log.bin")) {
      machine.boot(log.readAllBytes());
      TpmAddress tpm = TpmAddress.parse(machine.tpmPlace());

      assertThat(HostsTpm.lacks(tpm, machine.eventLogPath())).isEmpty();
      assertThat(HostsTpm.lacks(tpm, folder.resolve("no-log")).orElseThrow())
          .contains("log of this boot", "no-log");
      try (Tpm direct = tpm.open()) {
        direct.pcrs().extend(15, Map.of(TpmHash.SHA256, Bytes.zeros(32)));
      }
      assertThat(HostsTpm.lacks(tpm, machine.eventLogPath()).orElseThrow())
          .contains("PCR 15 is taken", "reboot");
    } finally {
      Trees.delete(folder);
    }
  }
}
