package org.shieldwall.cli.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.host.PlayedHost.Said;
import org.shieldwall.protocol.Capture;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.TpmSignature;

/** {@code host capture} on a host with a real TPM, read again by whoever gets the file. */
@Timeout(60)
class CaptureCommandTest {
  @TempDir Path folder;

  @Test
  void givenAHostWhenCapturedThenTheFileHoldsWhatItsTpmSigns() throws Exception {
    try (PlayedHost host = PlayedHost.boot(folder)) {
      host.init(URI.create("https://127.0.0.1:1"), folder.resolve("hgs.pem"));
      Path file = folder.resolve("played.capture.json");

      Said said = host.host("capture", "--out", file, "--json");

      assertThat(said.exitCode()).as(said.err() + said.out()).isZero();
      assertThat(said.json().path("enclave").asBoolean()).isFalse();
      Capture capture = Capture.parse(Files.readAllBytes(file));
      assertThat(capture.identity().name()).isEqualTo("played");
      assertThat(capture.eventLog()).isEqualTo(Bytes.of(Files.readAllBytes(host.log())));
      assertThat(capture.ima()).contains(Bytes.of(Files.readAllBytes(host.ima())));
      assertThat(capture.enclave()).isEmpty();
      assertThat(capture.pcrs()).hasSize(16);
      TpmPublic key = TpmPublic.parseSized(capture.akPublic().toArray());
      assertThat(
              TpmSignature.parse(capture.signature().toArray())
                  .verify(key.publicKey(), capture.quote()))
          .isTrue();
      TpmAttest attest = TpmAttest.parse(capture.quote().toArray());
      assertThat(attest.extraData())
          .isEqualTo(Capture.extraData(capture.nonce(), Optional.empty()))
          .isEqualTo(capture.extraData());

      Said again = host.host("capture", "--out", file);
      assertThat(again.exitCode()).isEqualTo(Failure.ENVIRONMENT);
      assertThat(again.err()).contains("exists and is not overwritten");
    }
  }

  @Test
  void givenNoTpmAtItsPlaceWhenCapturedThenItSaysWhatIsMissingAndWritesNothing() throws Exception {
    PlayedHost host = PlayedHost.boot(folder);
    host.init(URI.create("https://127.0.0.1:1"), folder.resolve("hgs.pem"));
    host.close();
    Path file = folder.resolve("played.capture.json");

    Said said = host.host("capture", "--out", file);

    assertThat(said.exitCode()).isEqualTo(Failure.ENVIRONMENT);
    assertThat(said.err()).contains("error: ", "hint:  ").doesNotContain("Exception");
    assertThat(file).doesNotExist();
  }

  @Test
  void givenAHostThatIsNotSetUpWhenCapturedThenTheMendingCommandIsNamed() {
    Said said = PlayedHost.type("host", "capture", "--dir", folder, "--out", folder.resolve("c"));
    assertThat(said.exitCode()).isEqualTo(Failure.ENVIRONMENT);
    assertThat(said.err()).contains("not-initialised", "shieldwall host init");
  }
}
