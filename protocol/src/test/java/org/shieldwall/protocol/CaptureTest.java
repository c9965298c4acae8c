package org.shieldwall.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.Capture.Kernel;
import org.shieldwall.tpm.Bytes;

/** A capture comes back as it went, and an altered one is refused by the place that is wrong. */
class CaptureTest {
  private static final Bytes BLOB = Bytes.ofText("some bytes");
  private static final Bytes NONCE = Bytes.of(new byte[32]);

  private static Capture capture(Optional<Bytes> enclave, Optional<Bytes> ima, Kernel kernel) {
    return new Capture(
        Instant.parse("2026-01-31T12:00:00.75Z"),
        new HostIdentity("host-a", BLOB, Optional.of(BLOB), "IBM"),
        BLOB,
        NONCE,
        enclave,
        BLOB,
        BLOB,
        new TreeMap<>(Map.of(0, NONCE, 15, NONCE)),
        BLOB,
        ima,
        kernel);
  }

  private static Capture usual() {
    return capture(Optional.of(NONCE), Optional.of(BLOB), new Kernel("6.1.0", "root=x quiet"));
  }

  private static byte[] text(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void givenACapture_whenWrittenAndRead_thenItIsTheSame() throws Exception {
    assertThat(Capture.parse(usual().toBytes())).isEqualTo(usual());
    Capture least = capture(Optional.empty(), Optional.empty(), new Kernel("", ""));
    assertThat(Capture.parse(least.toBytes())).isEqualTo(least);
    assertThat(Capture.looksLike(least.toBytes())).isTrue();
    assertThat(Capture.looksLike(usual().identity().toBytes())).isFalse();
    assertThat(usual().at()).isEqualTo(Instant.parse("2026-01-31T12:00:00Z"));
  }

  @Test
  void givenNonceAndEnclave_whenQuoted_thenTheBindingIsTheDocumentedHashAndNotAttestations()
      throws Exception {
    MessageDigest expected = MessageDigest.getInstance("SHA-256");
    expected.update(text("shieldwall capture v1\0"));
    expected.update(new byte[32]);
    expected.update(BLOB.toArray());
    Bytes id = Bytes.of(expected.digest());
    expected.update(text("shieldwall capture v1\0"));
    expected.update(new byte[32]);
    expected.update(id.toArray());

    assertThat(Capture.extraData(NONCE, Optional.of(id))).isEqualTo(Bytes.of(expected.digest()));
    assertThat(Capture.extraData(NONCE, Optional.of(id)))
        .isNotEqualTo(AttestationBinding.extraData(NONCE, id));
    assertThat(Capture.extraData(NONCE, Optional.empty()))
        .isEqualTo(Capture.extraData(NONCE, Optional.of(Capture.noEnclave())));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "shieldwall-capture-1"  | "shieldwall-capture-2"      | expected shieldwall-capture-1
          "enclave":"             | "enclave":"AA               | /enclave: expected
          "bank":"sha256"         | "bank":"sha1"               | /quote/bank: expected
          "pcrs":{"0"             | "pcrs":{"24"                | /quote/pcrs: expected PCR numbers
          "nonce":"               | "nonce":"AA                 | /quote/nonce: expected
          "at":"2026              | "at":"26                    | /at: expected a time
          "release"               | "realease"                  | /kernel: expected
          "eventLog"              | "eventLog":"AA","eventLog"  | not strict JSON
          "name":"host-a"         | "name":"../a"               | /name: expected
          """)
  void givenAnAlteredCapture_whenRead_thenTheErrorNamesThePlace(
      String from, String to, String where) {
    String altered =
        new String(usual().toBytes(), StandardCharsets.UTF_8).replace(from.strip(), to.strip());
    assertThatThrownBy(() -> Capture.parse(text(altered)))
        .isInstanceOf(ProtectorException.class)
        .hasMessageContaining(where.strip());
  }

  @Test
  void givenTooMuch_whenRead_thenItIsRefusedUnread() {
    assertThatThrownBy(() -> Capture.parse(new byte[Capture.MAX_BYTES + 1]))
        .isInstanceOf(ProtectorException.class)
        .hasMessageContaining("at most");
  }

  @Test
  void givenAKernelThatSaysMoreThanATerminalShows_whenCaptured_thenItIsMadeReadable()
      throws Exception {
    Kernel odd = new Kernel("6.1\n", "a\u001b[2Jb\u202e" + "x".repeat(9000) + "\ud83d\ude00");
    assertThat(odd.release()).isEqualTo("6.1");
    assertThat(odd.commandLine()).startsWith("a?[2Jb?x").hasSize(8192);
    assertThat(Capture.parse(capture(Optional.empty(), Optional.empty(), odd).toBytes()).kernel())
        .isEqualTo(odd);
    String half = "x".repeat(8191) + "\ud83d\ude00";
    assertThat(new Kernel("", half).commandLine()).endsWith("x?").hasSize(8192);
  }
}
