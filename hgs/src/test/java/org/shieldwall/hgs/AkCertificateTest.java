package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.hgs.admin.Traces.HostTrace;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protocol.AkCertificate;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** The certificate that one activation earns, and everything else that is shown in its place. */
class AkCertificateTest {
  @TempDir private static Path temporary;
  private static BootLog boot;
  private static TestService service;
  private static TestHost host;
  private static TestHost other;

  @BeforeAll
  static void start() throws Exception {
    boot = BootLog.of("standard");
    host = TestHost.boot("host-a", boot);
    other = TestHost.boot("host-b", boot);
    service = newService("hgs");
  }

  private static TestService newService(String folder) throws Exception {
    TestService made = TestService.in(temporary.resolve(folder));
    made.administer(admin -> admin.addHost(host.identity()));
    made.administer(admin -> admin.addHost(other.identity()));
    made.administer(admin -> admin.addBaseline(boot.baseline("accepted")));
    return made;
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable each : new AutoCloseable[] {service, host, other}) {
      if (each != null) {
        each.close();
      }
    }
  }

  private static Bytes earned() throws Exception {
    return host.attest(service.client()).akCertificate().orElseThrow();
  }

  private static ChallengeRequest showing(Bytes certificate) {
    return host.challengeRequest().with(Optional.of(certificate), OptionalLong.empty());
  }

  private static List<String> refusal(ThrowingCallable attempt) {
    RefusedException refused = catchThrowableOfType(RefusedException.class, attempt);
    assertThat(refused).as("a refusal").isNotNull();
    assertThat(refused.problem().findings()).as(refused.problem().toString()).isNotEmpty();
    return refused.problem().findings().stream().map(ReportedFinding::code).toList();
  }

  private static List<String> refusalOf(Bytes certificate) {
    return refusal(() -> service.client().challenge(showing(certificate)));
  }

  @Test
  void givenOneActivation_whenTheHostAttestsAgain_thenNothingIsActivated() throws Exception {
    AttestReply first = host.attest(service.client());
    Bytes certificate = first.akCertificate().orElseThrow();
    AkCertificate.Binding binding = AkCertificate.parse(certificate).binding();
    assertThat(binding.host()).isEqualTo("host-a");
    assertThat(binding.ek()).isEqualTo(first.claims().identity());

    Challenge challenge = service.client().challenge(showing(certificate));
    assertThat(challenge.asksForActivation()).isFalse();
    AttestReply second = service.client().attest(host.answer(challenge));
    assertThat(second.akCertificate()).isEmpty();
    assertThat(second.claims()).isEqualTo(first.claims());
    assertThat(service.audit()).extracting(each -> each.kind()).contains("ak-certified");
    service.restart();
    host.attest(service.client(), certificate);
  }

  @Test
  void givenAChallengeForActivation_whenTheSecretIsLeftOut_thenItIsMissing() throws Exception {
    Bytes _ = earned();
    Challenge challenge = service.client().challenge(host.challengeRequest());
    AttestRequest without = host.answer(challenge, Bytes.EMPTY, host.enclave().publicKeys());
    assertThat(refusal(() -> service.client().attest(without)))
        .containsExactly("credential-not-activated");
  }

  @Test
  void givenAnotherHostsCertificate_whenShown_thenItIsThatHosts() throws Exception {
    Bytes theirs = other.attest(service.client()).akCertificate().orElseThrow();
    assertThat(refusalOf(theirs)).containsExactly("ak-certificate-of-another-host");
  }

  @Test
  void givenAnotherKeyOfTheSameTpm_whenTheCertificateIsShown_thenItIsNotThatKeys()
      throws Exception {
    Bytes certificate = earned();
    host.changeAttestationKey("another key");
    try {
      assertThat(refusalOf(certificate)).containsExactly("ak-certificate-of-another-key");
    } finally {
      host.changeAttestationKey("attestation key");
    }
    // And the key cannot be changed between challenge and answer.
    Challenge challenge = service.client().challenge(showing(certificate));
    host.changeAttestationKey("another key");
    try {
      assertThat(refusal(() -> service.client().attest(host.answer(challenge))))
          .contains("challenge-for-another-key");
    } finally {
      host.changeAttestationKey("attestation key");
    }
  }

  @Test
  void givenACertificate_whenItRunsOut_thenItIsExpiredAndAnActivationEarnsAnother()
      throws Exception {
    try (TestService later = newService("later")) {
      Bytes certificate = host.attest(later.client()).akCertificate().orElseThrow();
      later.clock().advance(Duration.ofDays(30));
      assertThat(refusal(() -> later.client().challenge(showing(certificate))))
          .containsExactly("ak-certificate-expired");
      Bytes renewed = host.attest(later.client()).akCertificate().orElseThrow();
      host.attest(later.client(), renewed);
    }
  }

  @Test
  void givenARevokedOrReplacedCertificate_whenShown_thenItCountsNoMore() throws Exception {
    Bytes first = earned();
    Challenge open = service.client().challenge(showing(first));
    Bytes second = earned();
    assertThat(refusalOf(first)).containsExactly("ak-certificate-revoked");
    assertThat(refusal(() -> service.client().attest(host.answer(open))))
        .containsExactly("ak-certificate-revoked");

    Challenge later = service.client().challenge(showing(second));
    boolean revoked = service.administer(admin -> admin.trust().revokeAkCertificate("host-a"));
    assertThat(revoked).isTrue();
    assertThat(refusal(() -> service.client().attest(host.answer(later))))
        .containsExactly("ak-certificate-revoked");
    assertThat(refusalOf(second)).containsExactly("ak-certificate-revoked");
    host.attest(service.client(), earned());
  }

  @Test
  void givenAHostThatWasRemovedOrRevoked_whenItsOldCertificateIsShown_thenItDoesNotCount()
      throws Exception {
    Bytes certificate = earned();
    service.administer(admin -> admin.removeHost("host-a"));
    assertThat(refusalOf(certificate)).containsExactly("ek-not-registered");
    service.administer(admin -> admin.addHost(host.identity()));
    assertThat(refusalOf(certificate)).containsExactly("ak-certificate-revoked");

    Bytes again = earned();
    service.administer(admin -> admin.fleet().revoke("host-a", "stolen"));
    service.administer(admin -> admin.addHost(host.identity()));
    assertThat(refusalOf(again)).containsExactly("ak-certificate-revoked");
    host.attest(service.client(), earned());
  }

  @Test
  void givenAnotherServicesCertificate_whenShown_thenItIsNotThisOnes() throws Exception {
    try (TestService elsewhere = newService("elsewhere")) {
      Bytes foreign = host.attest(elsewhere.client()).akCertificate().orElseThrow();
      assertThat(refusalOf(foreign)).containsExactly("ak-certificate-not-good");
    }
  }

  @Test
  void givenAnAlteredCertificate_whenShown_thenItDoesNotCount() throws Exception {
    byte[] genuine = earned().toArray();
    for (int at = 0; at < genuine.length; at += 41) {
      byte[] altered = genuine.clone();
      altered[at] ^= 1;
      assertThat(refusalOf(Bytes.of(altered))).as("byte %d", at).isNotEmpty();
    }
    host.attest(service.client(), Bytes.of(genuine));
  }

  @Test
  void givenAHealthCertificate_whenShownAsTheKeys_thenItIsNone() throws Exception {
    Bytes health = host.attest(service.client()).certificate();
    assertThat(refusalOf(health)).containsExactly("ak-certificate-not-good");
  }

  @Test
  void givenTheKeysCertificate_whenShownAsHealth_thenNoKeysAreReleased() throws Exception {
    Bytes certificate = earned();
    KeyProtector data = new TestOwner().shieldingData(service.guardian(), OwnerPolicy.shielded());
    var pending = TestOwner.request(data, host.enclave());
    RefusedException refused =
        catchThrowableOfType(
            RefusedException.class,
            () -> service.client().release(certificate, pending.request().toJson(), data.toJson()));
    Problem problem = refused.problem();
    assertThat(problem.status()).isEqualTo(400);
    assertThat(problem.detail()).contains("one of an attestation key");
  }

  /**
   * A certificate of a key is no secret, and whoever has it must not be able to speak for a host.
   */
  @Test
  void givenACertificateWithoutItsKey_whenAnswered_thenNothingOfItIsHeldAgainstTheHost()
      throws Exception {
    Bytes certificate = earned();
    AttestRequest genuine = host.answer(service.client().challenge(showing(certificate)));
    byte[] altered = genuine.signature().toArray();
    altered[altered.length - 1] ^= 1;
    AttestRequest forged =
        new AttestRequest(
            genuine.token(),
            genuine.activatedSecret(),
            genuine.akPublic(),
            genuine.enclave(),
            genuine.quote(),
            Bytes.of(altered),
            genuine.pcrs(),
            BootLog.of("open").toBytes(),
            genuine.ima());

    assertThat(refusal(() -> service.client().attest(forged))).contains("quote-signature-invalid");

    assertThat(
            service
                .administer(admin -> admin.fleet().standing("host-a"))
                .orElseThrow()
                .last()
                .orElseThrow()
                .healthy())
        .isTrue();
    HostTrace trace = service.administer(admin -> admin.traces().trace("host-a"));
    assertThat(trace.appraisal().verdict()).isInstanceOf(Verdict.Healthy.class);
  }
}
