package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ReleaseMessage;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;

/** Every address with every kind of wrong body: a problem that says so, never a fault. */
class EndpointMatrixTest {
  private static final String CHALLENGE = "/attestation/v1/challenge";
  private static final String ATTEST = "/attestation/v1/attest";
  private static final String RELEASE = "/keys/v1/release";

  @TempDir private static Path temporary;
  private static TestService service;
  private static HttpClient http;
  private static byte[] challengeRequest;
  private static byte[] attestRequest;
  private static byte[] releaseMessage;

  @BeforeAll
  static void start() throws Exception {
    service = TestService.in(temporary.resolve("hgs"));
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry(
        "hgs",
        CertificateFactory.getInstance("X.509")
            .generateCertificate(Files.newInputStream(service.folder().certificate())));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext tls = SSLContext.getInstance("TLSv1.3");
    tls.init(null, trust.getTrustManagers(), null);
    http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(tls).build();

    PrivateKeySet enclave = PrivateKeySet.generate(new SecureRandom());
    Bytes area = KeyTemplates.attestationEccP256(Bytes.zeros(32)).sized();
    challengeRequest =
        new ChallengeRequest(area, Optional.empty(), area, enclave.publicKeys()).toBytes();
    attestRequest =
        new AttestRequest(
                "AAAA",
                Bytes.zeros(32),
                area,
                enclave.publicKeys(),
                area,
                area,
                new TreeMap<>(),
                area,
                Optional.empty())
            .toBytes();
    KeyProtector protector =
        new TestOwner().shieldingData(service.guardian(), OwnerPolicy.shielded());
    releaseMessage =
        ReleaseMessage.toBytes(
            area, TestOwner.request(protector, enclave).request().toJson(), protector.toJson());
  }

  @AfterAll
  static void stop() {
    if (service != null) {
      http.close();
      service.close();
    }
  }

  private static HttpResponse<byte[]> post(String path, byte[] body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(service.url().resolve(path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofByteArray());
  }

  static Stream<Arguments> wrongBodies() {
    List<byte[]> bodies = new ArrayList<>();
    for (String text :
        List.of(
            "",
            " ",
            "{}",
            "[]",
            "null",
            "true",
            "1e999999999",
            "\"text\"",
            "{",
            "{\"a\":",
            "{\"a\":1}",
            "{\"a\":1}{\"a\":1}",
            "{\"mode\":\"tpm\",\"mode\":\"tpm\"}",
            "[".repeat(10_000),
            "{\"a\":".repeat(10_000),
            "\u0000",
            "<xml/>",
            "{\"token\":{},\"activatedSecret\":[]}")) {
      bodies.add(text.getBytes(StandardCharsets.UTF_8));
    }
    bodies.add(new byte[] {(byte) 0xFF, (byte) 0xFE, '{', 0, '}', 0});
    bodies.add(new byte[] {'{', '"', (byte) 0xC3, '"', ':', '1', '}'});
    return Stream.of(CHALLENGE, ATTEST, RELEASE)
        .flatMap(path -> bodies.stream().map(body -> Arguments.of(path, body)));
  }

  @ParameterizedTest
  @MethodSource("wrongBodies")
  void givenAWrongBody_whenSent_thenItIsMalformed(String path, byte[] body) throws Exception {
    HttpResponse<byte[]> answer = post(path, body);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(Problem.parse(answer.body()).type()).endsWith(":malformed");
  }

  /** Each genuine message, cut, flipped and lengthened at random places. */
  @Test
  void givenDamagedMessages_whenSent_thenEachIsRefusedAndTheServiceGoesOn() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (String path : List.of(CHALLENGE, ATTEST, RELEASE)) {
      byte[] genuine =
          switch (path) {
            case CHALLENGE -> challengeRequest;
            case ATTEST -> attestRequest;
            default -> releaseMessage;
          };
      for (int i = 0; i < 60; i++) {
        HttpResponse<byte[]> answer = post(path, damaged(genuine, random));
        assertThat(answer.statusCode()).as("seed %d, %s, %d", seed, path, i).isBetween(400, 429);
        assertThat(Problem.parse(answer.body()).status()).isEqualTo(answer.statusCode());
      }
    }
    service.client().health();
  }

  private static byte[] damaged(byte[] genuine, Random random) {
    byte[] copy = genuine.clone();
    int at = random.nextInt(copy.length);
    return switch (random.nextInt(3)) {
      case 0 -> Arrays.copyOf(copy, at);
      case 1 -> {
        copy[at] ^= (byte) (1 << random.nextInt(7));
        yield copy;
      }
      default -> {
        byte[] longer = Arrays.copyOf(copy, copy.length + 1);
        System.arraycopy(copy, at, longer, at + 1, copy.length - at);
        yield longer;
      }
    };
  }

  @Test
  void givenBodiesOverTheLimits_whenSent_thenTheyAreTooLarge() throws Exception {
    assertThat(post(CHALLENGE, new byte[(64 << 10) + 1]).statusCode()).isEqualTo(413);
    assertThat(post(RELEASE, new byte[(1 << 20) + 1]).statusCode()).isEqualTo(413);
  }

  @Test
  void givenEachAddress_whenAskedTheOtherWay_thenTheMethodIsNotAllowed() throws Exception {
    for (String path : List.of(CHALLENGE, ATTEST, RELEASE)) {
      HttpRequest get = HttpRequest.newBuilder(service.url().resolve(path)).build();
      assertThat(http.send(get, BodyHandlers.discarding()).statusCode()).isEqualTo(405);
    }
    for (String path : List.of("/attestation/v1/signer", "/keys/v1/guardian", "/health")) {
      assertThat(post(path, new byte[0]).statusCode()).isEqualTo(405);
      HttpRequest get = HttpRequest.newBuilder(service.url().resolve(path)).build();
      HttpResponse<String> answer = http.send(get, BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).startsWith("{");
    }
  }
}
