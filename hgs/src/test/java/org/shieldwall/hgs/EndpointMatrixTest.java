package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.shieldwall.hgs.testing.PlainClient;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.hgs.web.Route;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.VmReport;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.DirectoryProof;
import org.shieldwall.protocol.HostKeyProof;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ReleaseMessage;
import org.shieldwall.protocol.ReportMessage;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;

/** Every address with every kind of wrong body: a problem that says so, never a fault. */
class EndpointMatrixTest {
  private static final SecureRandom RANDOM = new SecureRandom();

  @TempDir private static Path temporary;
  private static TestService service;
  private static PlainClient client;

  /** A well-formed body of each address that takes one. */
  private static final Map<String, byte[]> GENUINE = new TreeMap<>();

  /** What the answers of the others begin with. */
  private static final Map<String, String> ANSWERS =
      Map.of(
          "/attestation/v1/signer", "{\"signer\":",
          "/keys/v1/guardian", "{",
          "/health", "{\"status\":\"up\"");

  @BeforeAll
  static void start() throws Exception {
    service = TestService.in(temporary.resolve("hgs"));
    service.administer(admin -> admin.modes().enable(AttestationMode.HOST_KEY));
    service.administer(admin -> admin.modes().enable(AttestationMode.DIRECTORY));
    client = PlainClient.of(service.url(), service.folder().certificate());

    PrivateKeySet enclave = PrivateKeySet.generate(RANDOM);
    Bytes area = KeyTemplates.attestationEccP256(Bytes.zeros(32)).sized();
    GENUINE.put(
        "/attestation/v1/challenge",
        new ChallengeRequest(area, Optional.empty(), area, enclave.publicKeys()).toBytes());
    GENUINE.put(
        "/attestation/v1/attest",
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
            .toBytes());
    GENUINE.put(
        "/attestation/v1/attest/host-key",
        new HostKeyProof("AAAA", enclave.publicKeys(), Bytes.zeros(96)).toBytes());
    GENUINE.put(
        "/attestation/v1/attest/directory",
        new DirectoryProof("AAAA", enclave.publicKeys(), area, area).toBytes());
    TestOwner owner = new TestOwner();
    KeyProtector protector = owner.shieldingData(service.guardian(), OwnerPolicy.shielded());
    GENUINE.put(
        "/keys/v1/release",
        ReleaseMessage.toBytes(
            area, TestOwner.request(protector, enclave).request().toJson(), protector.toJson()));
    VmReport report =
        VmReport.sign(
            VmReport.Subject.of(owner.existingVm(service.guardian())),
            VmReport.Event.RUNNING,
            Optional.empty(),
            1,
            enclave,
            RANDOM);
    GENUINE.put("/keys/v1/report", ReportMessage.toBytes(area, report.toJson()));
  }

  @AfterAll
  static void stop() {
    if (service != null) {
      client.close();
      service.close();
    }
  }

  private static Stream<String> posts() {
    return service.routes().stream().filter(each -> !each.isGet()).map(Route::path);
  }

  private static Stream<String> gets() {
    return service.routes().stream().filter(Route::isGet).map(Route::path);
  }

  @Test
  void givenTheServicesRoutes_whenCompared_thenEachHasARowHereAndInTheDocument() throws Exception {
    assertThat(posts()).containsExactlyInAnyOrderElementsOf(GENUINE.keySet());
    assertThat(gets()).containsExactlyInAnyOrderElementsOf(ANSWERS.keySet());
    String page =
        Files.readString(Path.of(System.getProperty("shieldwall.root"), "docs", "protocol.md"));
    assertThat(posts()).allSatisfy(path -> assertThat(page).contains("| POST | `" + path + "` |"));
    assertThat(gets()).allSatisfy(path -> assertThat(page).contains("| GET | `" + path + "` |"));
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
    return posts().flatMap(path -> bodies.stream().map(body -> Arguments.of(path, body)));
  }

  @ParameterizedTest
  @MethodSource("wrongBodies")
  void givenAWrongBody_whenSent_thenItIsMalformed(String path, byte[] body) throws Exception {
    HttpResponse<byte[]> answer = client.post(path, body);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(Problem.parse(answer.body()).type()).endsWith(":malformed");
  }

  /** Each genuine message, cut, flipped and lengthened at random places. */
  @Test
  void givenDamagedMessages_whenSent_thenEachIsRefusedAndTheServiceGoesOn() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (Map.Entry<String, byte[]> each : GENUINE.entrySet()) {
      for (int i = 0; i < 60; i++) {
        HttpResponse<byte[]> answer = client.post(each.getKey(), damaged(each.getValue(), random));
        assertThat(answer.statusCode())
            .as("seed %d, %s, %d", seed, each.getKey(), i)
            .isBetween(400, 429);
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

  /** A host that has proved nothing yet gets no further than this, whatever else it says. */
  @Test
  void givenAWellFormedBodyOfAStranger_whenSent_thenItIsUnderstoodAndRefused() throws Exception {
    Map<String, Integer> statuses = new TreeMap<>();
    for (Map.Entry<String, byte[]> each : GENUINE.entrySet()) {
      statuses.put(each.getKey(), client.post(each.getKey(), each.getValue()).statusCode());
    }
    assertThat(statuses)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "/attestation/v1/challenge", 400, // the areas name no point of their curve
                "/attestation/v1/attest", 401,
                "/attestation/v1/attest/host-key", 401,
                "/attestation/v1/attest/directory", 401,
                "/keys/v1/release", 400, // the certificate is none
                "/keys/v1/report", 400));
  }

  @Test
  void givenBodiesOverTheLimits_whenAnnounced_thenTheyAreTooLargeUnread() throws Exception {
    for (Route route : service.routes()) {
      if (!route.isGet()) {
        assertThat(client.announce(route.path(), route.maxBody() + 1).statusCode())
            .as(route.path())
            .isEqualTo(413);
      }
    }
  }

  @Test
  void givenEachAddress_whenAskedTheOtherWay_thenTheMethodIsNotAllowed() throws Exception {
    for (Route route : service.routes()) {
      HttpResponse<byte[]> answer =
          route.isGet() ? client.post(route.path(), new byte[0]) : client.get(route.path());
      assertThat(answer.statusCode()).as(route.path()).isEqualTo(405);
    }
    for (Map.Entry<String, String> each : ANSWERS.entrySet()) {
      HttpResponse<byte[]> answer = client.get(each.getKey());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(new String(answer.body(), StandardCharsets.UTF_8)).startsWith(each.getValue());
    }
  }
}
