package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.evidence.x509.CertificateFile;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.Bytes;

/**
 * Each place that takes a certificate, with each certificate there is: one kind counts in one
 * place.
 */
class CredentialMatrixTest {
  @TempDir private static Path temporary;
  private static TestService service;
  private static TestService elsewhere;
  private static TestHost host;
  private static TestHost other;
  private static final Map<String, Bytes> CERTIFICATES = new LinkedHashMap<>();

  @BeforeAll
  static void start() throws Exception {
    BootLog boot = BootLog.of("image");
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
                "none", 400));
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
    assertThat(List.copyOf(CERTIFICATES.keySet())).hasSize(9);
  }
}
