package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.VmClass;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** A certificate that is good in itself, and what takes the ground from under it at once. */
class EndedReleasesTest {
  private static final BootLog BOOT = BootLog.of("standard");

  @TempDir private Path temporary;
  private TestService service;
  private TestHost host;
  private TestOwner owner;

  @BeforeEach
  void start() throws Exception {
    service = TestService.in(temporary.resolve("hgs"));
    owner = new TestOwner();
    host = TestHost.boot("host-a", BOOT);
    service.administer(admin -> admin.addHost(host.identity()));
    service.administer(admin -> admin.addBaseline(BOOT.baseline("accepted")));
  }

  @AfterEach
  void stop() throws Exception {
    if (host != null) {
      host.close();
    }
    service.close();
  }

  private Bytes attest() throws Exception {
    service.clock().advance(Duration.ofSeconds(2));
    return host.attest(service.client()).certificate();
  }

  private List<String> refusal(Bytes certificate, String... baselines) throws Exception {
    OwnerPolicy policy =
        new OwnerPolicy(
            VmClass.SHIELDED, Assurance.TPM, List.of(baselines), List.of(), Optional.empty());
    var data = owner.shieldingData(service.guardian(), policy);
    RefusedException refused =
        catchThrowableOfType(
            RefusedException.class,
            () -> TestOwner.release(service.client(), certificate, data, host.enclave()));
    return refused == null
        ? List.of()
        : refused.problem().findings().stream().map(ReportedFinding::code).toList();
  }

  @Test
  void givenACertificate_whenItsHostIsQuarantinedOrRevoked_thenItReleasesNothingEverAgain()
      throws Exception {
    Bytes before = attest();
    assertThat(refusal(before)).isEmpty();

    service.administer(admin -> admin.fleet().quarantine("host-a", "an alarm"));
    assertThat(refusal(before)).containsExactly("host-quarantined");
    service.clock().advance(Duration.ofSeconds(2));
    service.administer(admin -> admin.fleet().restore("host-a"));
    assertThat(refusal(before)).containsExactly("certificate-withdrawn");

    Bytes after = attest();
    assertThat(refusal(after)).isEmpty();
    service.administer(admin -> admin.fleet().revoke("host-a", "stolen"));
    assertThat(refusal(after)).containsExactly("host-revoked");
    service.clock().advance(Duration.ofSeconds(2));
    service.administer(admin -> admin.addHost(host.identity()));
    assertThat(refusal(after)).containsExactly("certificate-withdrawn");
    assertThat(refusal(attest())).isEmpty();
  }

  @Test
  void givenACertificate_whenItsBaselineIsRemovedOrExpires_thenItReleasesNothing()
      throws Exception {
    Bytes certificate = attest();
    service.administer(admin ->
        admin.boots().expire("accepted", Optional.of(service.clock().instant().plusSeconds(60))));
    assertThat(refusal(certificate)).isEmpty();
    service.clock().advance(Duration.ofSeconds(60));
    assertThat(refusal(certificate)).containsExactly("baseline-withdrawn");

    service.administer(admin -> admin.boots().expire("accepted", Optional.empty()));
    assertThat(refusal(certificate)).isEmpty();
    service.administer(admin -> admin.boots().remove("accepted"));
    assertThat(refusal(certificate)).containsExactly("baseline-withdrawn");
    service.administer(admin -> admin.addBaseline(BootLog.of("updated").baseline("accepted")));
    assertThat(refusal(certificate))
        .as("another boot under the same name")
        .containsExactly("baseline-withdrawn");
  }

  @Test
  void givenABootOfTwoBaselines_whenOneIsRemoved_thenTheOtherCarriesItButNotForThatOnesOwners()
      throws Exception {
    service.administer(admin -> admin.addBaseline(BOOT.baseline("another")));
    Bytes certificate = attest();
    assertThat(refusal(certificate, "another")).isEmpty();
    service.administer(admin -> admin.boots().remove("another"));
    assertThat(refusal(certificate)).isEmpty();
    assertThat(refusal(certificate, "accepted")).isEmpty();
    assertThat(refusal(certificate, "another")).containsExactly("owner-baselines");
  }

  /** The way to have every host prove itself again under what holds now. */
  @Test
  void givenCertificates_whenTheModeIsSwitchedOffAndOn_thenAllOfBeforeAreWithdrawn()
      throws Exception {
    Bytes before = attest();
    service.administer(admin -> admin.modes().disable(AttestationMode.TPM));
    assertThat(refusal(before)).containsExactly("mode-not-enabled");
    service.clock().advance(Duration.ofSeconds(2));
    service.administer(admin -> admin.modes().enable(AttestationMode.TPM));
    assertThat(refusal(before)).containsExactly("certificate-withdrawn");
    assertThat(refusal(attest())).isEmpty();
  }

  @Test
  void givenAHostExceptedFromBaselines_whenItSendsTheLogOfAnAcceptedBoot_thenItIsNotOfThatBaseline()
      throws Exception {
    try (TestHost other = TestHost.boot("host-b", BootLog.of("updated"))) {
      service.administer(admin -> admin.addHost(other.identity()));
      service.administer(admin ->
          admin.exceptions().except("host-b", "boot-baseline", Duration.ofHours(1), "in the lab"));
      AttestRequest genuine = other.answer(service.client().challenge(other.challengeRequest()));
      AttestReply reply =
          service
              .client()
              .attest(
                  new AttestRequest(
                      genuine.token(),
                      genuine.activatedSecret(),
                      genuine.akPublic(),
                      genuine.enclave(),
                      genuine.quote(),
                      genuine.signature(),
                      genuine.pcrs(),
                      BOOT.toBytes(),
                      genuine.ima()));

      assertThat(reply.claims().baselines()).isEmpty();
      TestHost first = host;
      host = other;
      assertThat(refusal(reply.certificate(), "accepted")).containsExactly("owner-baselines");
      host = first;
    }
  }
}
