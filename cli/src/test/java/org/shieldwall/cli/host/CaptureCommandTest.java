package org.shieldwall.cli.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.host.PlayedHost.Said;
import org.shieldwall.hgs.store.EndorsementKey;
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

      theEvidenceCommandsReadIt(file);

      Said again = host.host("capture", "--out", file);
      assertThat(again.exitCode()).isEqualTo(Failure.ENVIRONMENT);
      assertThat(again.err()).contains("exists and is not overwritten");
    }
  }

  private static void theEvidenceCommandsReadIt(Path capture) throws Exception {
    Said log = PlayedHost.type("evidence", "eventlog", capture, "--json");
    assertThat(log.exitCode()).as(log.err()).isZero();
    assertThat(log.json().at("/facts/secureBoot").asString()).isEqualTo("on");
    Said quote = PlayedHost.type("evidence", "quote", "--capture", capture, "--json");
    assertThat(quote.exitCode()).as(quote.out() + quote.err()).isZero();
    assertThat(quote.json().at("/checks/pcrDigest").asString()).isEqualTo("checked");
    Said ima = PlayedHost.type("evidence", "ima", capture, "--json");
    assertThat(ima.json().path("entries").asInt()).as(ima.err()).isEqualTo(2);
    Said certificate = PlayedHost.type("evidence", "ekcert", capture);
    assertThat(certificate.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(certificate.err()).contains("holds no endorsement certificate");

    Capture genuine = Capture.parse(Files.readAllBytes(capture));
    Path altered = capture.resolveSibling("altered.json");
    String other = genuine.pcrs().get(4).hex();
    Files.writeString(
        altered,
        new String(genuine.toBytes(), StandardCharsets.UTF_8)
            .replace(other, (other.startsWith("0") ? "1" : "0") + other.substring(1)));
    Said refused = PlayedHost.type("evidence", "quote", "--capture", altered);
    assertThat(refused.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(refused.out()).contains("pcr-digest-mismatch");
    Said trace = PlayedHost.type("host", "trace", "--capture", altered, "--plain");
    assertThat(trace.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(trace.out()).contains("FAIL quote", "pcr-digest-mismatch", "no enclave ran");
    String known = EndorsementKey.of(genuine.identity().ekPublic()).id().hex();
    assertThat(trace.out())
        .as("the digest that the service shows, and that it alone knows more")
        .contains("sha256:" + known, "the service says: shieldwall hgs trace HOST");
    Said both = PlayedHost.type("evidence", "quote", "--capture", altered, "--ak", altered);
    assertThat(both.exitCode()).isEqualTo(Failure.MALFORMED);
    Said none = PlayedHost.type("evidence", "quote", "--json");
    assertThat(none.exitCode()).as(none.out() + none.err()).isEqualTo(Failure.MALFORMED);
    Said notOne = PlayedHost.type("host", "trace", "--capture", capture.resolveSibling("log"));
    assertThat(notOne.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(notOne.err()).contains("is no capture", "shieldwall host capture");
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
