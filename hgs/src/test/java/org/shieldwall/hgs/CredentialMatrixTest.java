package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.evidence.x509.CertificateFile;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.PlainClient;
import org.shieldwall.hgs.testing.ShownCertificate;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.hgs.web.Route;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.VmReport;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.DirectoryProof;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HostKeyProof;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReleaseMessage;
import org.shieldwall.protocol.ReportMessage;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Each place that takes a certificate, with each certificate there is: one kind counts in one
 * place.
 */
class CredentialMatrixTest {
  private static final SecureRandom RANDOM = new SecureRandom();

  @TempDir private static Path temporary;
  private static TestService service;
  private static TestService elsewhere;
  private static TestHost host;
  private static TestHost other;
  private static final Map<String, Bytes> CERTIFICATES = new LinkedHashMap<>();

  /** Which addresses read a certificate from the body, and which look at none at all. */
  private static final Map<String, Boolean> READS_ONE =
      Map.of(
          "/attestation/v1/challenge", true,
          "/attestation/v1/attest", false,
          "/attestation/v1/attest/host-key", false,
          "/attestation/v1/attest/directory", false,
          "/attestation/v1/signer", false,
          "/keys/v1/release", true,
          "/keys/v1/report", true,
          "/keys/v1/guardian", false,
          "/health", false);

  @BeforeAll
  static void start() throws Exception {
    BootLog boot = BootLog.of("standard");
    host = TestHost.boot("host-a", boot);
    other = TestHost.boot("host-b", boot);
    service = newService("hgs", boot);
    elsewhere = newService("elsewhere", boot);
    AttestReply mine = host.attest(service.client());
    AttestReply theirs = other.attest(service.client());
    AttestReply foreign = host.attest(elsewhere.client());
    CERTIFICATES.put("health", mine.certificate());
    CERTIFICATES.put("health of another host", theirs.certificate());
    CERTIFICATES.put("health by another service", foreign.certificate());
    CERTIFICATES.put("key", mine.akCertificate().orElseThrow());
    CERTIFICATES.put("key of another host", theirs.akCertificate().orElseThrow());
    CERTIFICATES.put("key by another service", foreign.akCertificate().orElseThrow());
    CERTIFICATES.put("the signer's own", mine.signer());
    CERTIFICATES.put("the administrator's TLS", tls());
    CERTIFICATES.put("by an authority of nobody's", byNobody(host.enclave(), mine.certificate()));
    CERTIFICATES.put("none", Bytes.ofText("no certificate"));
  }

  private static TestService newService(String folder, BootLog boot) throws Exception {
    TestService made = TestService.in(temporary.resolve(folder));
    made.administer(admin -> admin.addHost(host.identity()));
    made.administer(admin -> admin.addHost(other.identity()));
    made.administer(admin -> admin.addBaseline(boot.baseline("accepted")));
    return made;
  }

  private static Bytes tls() throws Exception {
    return CertificateFile.parse(Files.readAllBytes(service.folder().certificate()))
        .getFirst()
        .encoded();
  }

  /** The same claims about the same keys as a genuine one, signed by somebody else. */
  private static Bytes byNobody(PrivateKeySet enclave, Bytes genuine) throws Exception {
    X509CertificateHolder original = new X509CertificateHolder(genuine.toArray());
    KeyPair authority = TestCertificates.newSignerKey(RANDOM);
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            original.getIssuer(),
            original.getSerialNumber(),
            original.getNotBefore(),
            original.getNotAfter(),
            original.getSubject(),
            original.getSubjectPublicKeyInfo());
    for (Object oid : original.getExtensionOIDs()) {
      builder.addExtension(original.getExtension((ASN1ObjectIdentifier) oid));
    }
    assertThat(HealthCertificate.parse(genuine).claims().enclave()).isEqualTo(enclave.publicKeys());
    return Bytes.of(
        builder
            .build(new JcaContentSignerBuilder("SHA384withECDSA").build(authority.getPrivate()))
            .getEncoded());
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable each : new AutoCloseable[] {service, elsewhere, host, other}) {
      if (each != null) {
        each.close();
      }
    }
  }

  private interface Attempt {
    void with(Bytes certificate) throws Exception;
  }

  private static Map<String, Integer> statuses(Attempt attempt) {
    Map<String, Integer> statuses = new LinkedHashMap<>();
    CERTIFICATES.forEach((kind, certificate) -> {
      RefusedException refused =
          catchThrowableOfType(RefusedException.class, () -> attempt.with(certificate));
      statuses.put(kind, refused == null ? 200 : refused.problem().status());
    });
    return statuses;
  }

  @Test
  void givenEachCertificate_whenKeysAreAskedForWithIt_thenTheHostsHealthAloneCounts()
      throws Exception {
    KeyProtector data = new TestOwner().shieldingData(service.guardian(), OwnerPolicy.shielded());
    assertThat(
            statuses(certificate -> {
              var request = TestOwner.request(data, host.enclave()).request().toJson();
              var _ = service.client().release(certificate, request, data.toJson());
            }))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "health", 200,
                "health of another host", 403,
                "health by another service", 401,
                "key", 400,
                "key of another host", 400,
                "key by another service", 400,
                "the signer's own", 400,
                "the administrator's TLS", 400,
                "by an authority of nobody's", 401,
                "none", 400));
  }

  @Test
  void givenEachCertificate_whenAVmIsReportedWithIt_thenTheHealthOfTheHostThatHasItAloneCounts()
      throws Exception {
    KeyProtector data = new TestOwner().shieldingData(service.guardian(), OwnerPolicy.shielded());
    Bytes health = CERTIFICATES.get("health");
    KeyProtector vm = TestOwner.release(service.client(), health, data, host.enclave());
    KeyProtector running = TestOwner.release(service.client(), health, vm, host.enclave());
    AtomicLong count = new AtomicLong();
    assertThat(
            statuses(certificate -> {
              VmReport report =
                  VmReport.sign(
                      VmReport.Subject.of(running),
                      VmReport.Event.RUNNING,
                      Optional.empty(),
                      count.incrementAndGet(),
                      host.enclave(),
                      RANDOM);
              var _ = service.client().report(certificate, report.toJson());
            }))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "health", 200,
                "health of another host", 403,
                "health by another service", 401,
                "key", 400,
                "key of another host", 400,
                "key by another service", 400,
                "the signer's own", 400,
                "the administrator's TLS", 400,
                "by an authority of nobody's", 401,
                "none", 400));
  }

  @Test
  void givenTheServicesRoutes_whenCompared_thenOfEachIsSaidWhetherItReadsACertificate() {
    assertThat(service.routes().stream().map(Route::path))
        .containsExactlyInAnyOrderElementsOf(READS_ONE.keySet());
  }

  /** Nothing about a connection says who asks: it is the body that does, and its signatures. */
  @Test
  void givenEachCertificate_whenShownInTls_thenNobodyAsksForItAndNoAnswerIsAnother()
      throws Exception {
    Map<String, byte[]> bodies = bodiesOfStrangers();
    Path trusted = service.folder().certificate();
    Map<String, String> plain;
    try (PlainClient client = PlainClient.of(service.url(), trusted)) {
      plain = answers(client, bodies);
    }
    assertThat(plain).hasSize(READS_ONE.size());
    // The challenge of that body is spent now: whoever sends it again is refused for that alone.
    try (PlainClient client = PlainClient.of(service.url(), trusted)) {
      plain = answers(client, bodies);
    }
    for (Map.Entry<String, Bytes> each : CERTIFICATES.entrySet()) {
      if (each.getKey().equals("none")) {
        continue;
      }
      ShownCertificate shown = ShownCertificate.of(each.getValue());
      try (PlainClient client = PlainClient.of(service.url(), trusted, shown)) {
        assertThat(answers(client, bodies)).as(each.getKey()).isEqualTo(plain);
        assertThat(shown.askedFor()).as(each.getKey()).isZero();
      }
    }
  }

  /** What a stranger without any certificate could say at each address, in good form. */
  private static Map<String, byte[]> bodiesOfStrangers() throws Exception {
    KeyProtector data = new TestOwner().shieldingData(service.guardian(), OwnerPolicy.shielded());
    Bytes none = CERTIFICATES.get("none");
    Map<String, byte[]> bodies = new LinkedHashMap<>();
    for (Route route : service.routes()) {
      bodies.put(
          route.path(),
          switch (route.path()) {
            case "/attestation/v1/challenge" -> host.challengeRequest().toBytes();
            case "/keys/v1/release" ->
                ReleaseMessage.toBytes(
                    none,
                    TestOwner.request(data, host.enclave()).request().toJson(),
                    data.toJson());
            case "/keys/v1/report" -> ReportMessage.toBytes(none, data.toJson());
            case "/attestation/v1/attest" ->
                host.answer(
                        service.client().challenge(host.challengeRequest()),
                        Bytes.zeros(32), // not the secret: a success would replace its certificate
                        host.enclave().publicKeys())
                    .toBytes();
            case "/attestation/v1/attest/host-key" ->
                new HostKeyProof("AAAA", host.enclave().publicKeys(), Bytes.zeros(96)).toBytes();
            case "/attestation/v1/attest/directory" ->
                new DirectoryProof(
                        "AAAA", host.enclave().publicKeys(), Bytes.zeros(96), Bytes.zeros(28))
                    .toBytes();
            default -> new byte[0];
          });
    }
    return bodies;
  }

  @Test
  void givenACertificate_whenItStandsInABodyThatHasNone_thenTheBodyIsMalformed() throws Exception {
    Map<String, byte[]> bodies = bodiesOfStrangers();
    Bytes certificate = CERTIFICATES.get("health");
    try (PlainClient client = PlainClient.of(service.url(), service.folder().certificate())) {
      for (Route route : service.routes()) {
        if (!route.isGet() && !READS_ONE.getOrDefault(route.path(), true)) {
          ObjectNode body = (ObjectNode) JsonMapper.shared().readTree(bodies.get(route.path()));
          body.put("certificate", Base64.getUrlEncoder().encodeToString(certificate.toArray()));
          HttpResponse<byte[]> answer = client.post(route.path(), Json.bytes(body));
          assertThat(answer.statusCode()).as(route.path()).isEqualTo(400);
          assertThat(Problem.parse(answer.body()).type()).endsWith(":malformed");
        }
      }
    }
  }

  /** Status and, of a refusal, what it says, without the number of its record. */
  private static Map<String, String> answers(PlainClient client, Map<String, byte[]> bodies)
      throws Exception {
    Map<String, String> answers = new LinkedHashMap<>();
    for (Route route : service.routes()) {
      HttpResponse<byte[]> answer = client.ask(route, bodies.get(route.path()));
      String said = "";
      if (answer.statusCode() != 200) {
        Problem problem = Problem.parse(answer.body());
        said = problem.type() + " " + problem.detail() + " " + problem.findings();
      }
      answers.put(route.path(), answer.statusCode() + " " + said);
    }
    return answers;
  }

  @Test
  void givenEachCertificate_whenAChallengeIsAskedForWithIt_thenTheKeysAloneCounts() {
    assertThat(
            statuses(certificate -> {
              var _ =
                  service
                      .client()
                      .challenge(
                          host.challengeRequest()
                              .with(Optional.of(certificate), OptionalLong.empty()));
            }))
        .allSatisfy((kind, status) ->
            assertThat(status).as(kind).isEqualTo(kind.equals("key") ? 200 : 403));
  }

  @Test
  void givenNoCertificate_whenAsked_thenAChallengeIsMadeAndHasToBeActivated() throws Exception {
    assertThat(service.client().challenge(host.challengeRequest()).asksForActivation()).isTrue();
    assertThat(List.copyOf(CERTIFICATES.keySet())).hasSize(10);
  }
}
