package org.shieldwall.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;

/** Messages come back as they went, and altered ones are refused by the place that is wrong. */
class MessagesTest {
  private static final KeySet ENCLAVE = PrivateKeySet.generate(new SecureRandom()).publicKeys();
  private static final Bytes BLOB = Bytes.ofText("some bytes");
  private static final Bytes NONCE = Bytes.of(new byte[32]);

  private static ChallengeRequest challengeRequest() {
    return new ChallengeRequest(BLOB, Optional.of(BLOB), BLOB, ENCLAVE);
  }

  private static Challenge challenge() {
    return new Challenge(
        "token",
        NONCE,
        BLOB,
        BLOB,
        List.of(0, 7, 15),
        true,
        0,
        Instant.ofEpochSecond(2_000_000_000));
  }

  private static AttestRequest attestRequest() {
    return new AttestRequest(
        "token",
        NONCE,
        BLOB,
        ENCLAVE,
        BLOB,
        BLOB,
        new TreeMap<>(Map.of(0, NONCE, 15, NONCE)),
        BLOB,
        Optional.empty());
  }

  static HealthClaims claims() {
    return new HealthClaims(
        "tpm", "tpm", "host-a", "ab", "", ENCLAVE, "default", 1, List.of("baseline"), 7, 0);
  }

  @Test
  void givenAMessage_whenWrittenAndRead_thenItIsTheSame() throws Exception {
    assertThat(ChallengeRequest.parse(challengeRequest().toBytes())).isEqualTo(challengeRequest());
    assertThat(Challenge.parse(challenge().toBytes())).isEqualTo(challenge());
    assertThat(AttestRequest.parse(attestRequest().toBytes())).isEqualTo(attestRequest());
    AttestReply reply =
        new AttestReply(BLOB, BLOB, Instant.ofEpochSecond(2_000_000_000), "host-a", claims());
    assertThat(AttestReply.parse(reply.toBytes())).isEqualTo(reply);
    Problem problem =
        Problem.of(
            ProblemType.ATTESTATION_REFUSED,
            "two checks failed",
            UUID.randomUUID(),
            List.of(new ReportedFinding("code", "title", "this", "that", "", "do", "a.md#code")));
    assertThat(Problem.parse(problem.toBytes())).isEqualTo(problem);
  }

  @Test
  void givenSecretsInAMessage_whenShown_thenTheyAreNot() {
    assertThat(attestRequest().toString()).doesNotContain("token").doesNotContain(NONCE.hex());
    assertThat(challenge().toString()).doesNotContain("token").doesNotContain(NONCE.hex());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"mode\":\"tpm\"|\"mode\":\"host-key\"|/mode",
        "\"mode\":\"tpm\"|\"mode\":\"tpm\",\"mode\":\"tpm\"|not strict JSON",
        "\"mode\":\"tpm\"|\"mode\":\"tpm\",\"extra\":1|no other member",
        "\"mode\":\"tpm\",|''|member mode",
        "c29tZSBieXRlcw|c29tZSBieXRlcw==|/ekPublic",
        "\"crv\":\"P-384\"|\"crv\":\"P-256\"|/enclave",
      })
  void givenAnAlteredChallengeRequest_whenRead_thenThePlaceIsNamed(
      String genuine, String altered, String place) {
    String text = new String(challengeRequest().toBytes(), StandardCharsets.UTF_8);
    String changed = text.replaceFirst(java.util.regex.Pattern.quote(genuine), altered);
    assertThat(changed).isNotEqualTo(text);
    assertThatThrownBy(() -> ChallengeRequest.parse(changed.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(ProtectorException.class)
        .hasMessageContaining(place);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"0\":|\"24\":|/pcrs",
        "\"0\":|\"00\":|/pcrs",
        "\"0\":|\"-1\":|/pcrs",
        "00000000\"|0000000\"|/pcrs",
        "00000000\"|0000000G\"|/pcrs",
        "\"ima\":null|\"ima\":1|/ima",
      })
  void givenAlteredEvidence_whenRead_thenThePlaceIsNamed(
      String genuine, String altered, String place) {
    String text = new String(attestRequest().toBytes(), StandardCharsets.UTF_8);
    String changed = text.replaceFirst(java.util.regex.Pattern.quote(genuine), altered);
    assertThat(changed).isNotEqualTo(text);
    assertThatThrownBy(() -> AttestRequest.parse(changed.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(ProtectorException.class)
        .hasMessageContaining(place);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"bank\":\"sha256\"|\"bank\":\"sha1\"|/bank",
        "[0,7,15]|[7,0,15]|ascending",
        "[0,7,15]|[0,7,7]|ascending",
        "[0,7,15]|[]|/pcrs",
        "[\"event-log\",\"ima\"]|[\"ima\"]|/wants",
      })
  void givenAnAlteredChallenge_whenRead_thenThePlaceIsNamed(
      String genuine, String altered, String place) {
    String text = new String(challenge().toBytes(), StandardCharsets.UTF_8);
    String changed = text.replaceFirst(java.util.regex.Pattern.quote(genuine), altered);
    assertThat(changed).isNotEqualTo(text);
    assertThatThrownBy(() -> Challenge.parse(changed.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(ProtectorException.class)
        .hasMessageContaining(place);
  }

  @Test
  void givenABodyOverTheLimit_whenRead_thenItIsRefusedUnread() {
    assertThatThrownBy(() -> ChallengeRequest.parse(new byte[ChallengeRequest.MAX_BYTES + 1]))
        .isInstanceOf(ProtectorException.class)
        .hasMessageContaining("at most");
  }

  @Test
  void givenMoreValuesThanAMessageHas_whenRead_thenTheyAreNotReadToTheirEnd() {
    byte[] many = ("[" + "0,".repeat(2_000) + "0]").getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> AttestRequest.parse(many)).hasMessageContaining("not strict JSON");
    assertThatThrownBy(() -> ChallengeRequest.parse(many)).hasMessageContaining("not strict JSON");
    assertThatThrownBy(() -> ReleaseMessage.parse(many)).hasMessageContaining("not strict JSON");
  }
}
