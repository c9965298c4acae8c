package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.hgs.admin.Administration.HostChange;
import org.shieldwall.hgs.admin.HostAdministration.Standing;
import org.shieldwall.hgs.admin.Traces.HostTrace;
import org.shieldwall.hgs.admin.TrustAdministration.Maker;
import org.shieldwall.hgs.admin.TrustAdministration.Refused;
import org.shieldwall.hgs.endorsement.Endorsement;
import org.shieldwall.hgs.endorsement.Requirement;
import org.shieldwall.hgs.store.HostRegister.Added;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestMaker;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;

/** TPMs with certificates in their NV memory, by a maker with a root and an intermediate. */
class EndorsementTest {
  @TempDir private static Path temporary;
  private static TestService service;
  private static TestMaker maker;
  private static TestHost certified;
  private static TestHost bare;

  @BeforeAll
  static void start() throws Exception {
    BootLog boot = BootLog.of("standard");
    maker = TestMaker.in(temporary.resolve("maker"));
    certified = TestHost.boot("certified", boot, maker);
    bare = TestHost.boot("bare", boot);
    service = TestService.in(temporary.resolve("hgs"));
    service.administer(admin -> admin.addBaseline(boot.baseline("accepted")));
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable each : new AutoCloseable[] {service, certified, bare}) {
      if (each != null) {
        each.close();
      }
    }
  }

  @BeforeEach
  void trustNobody() throws Exception {
    for (Maker each : service.administer(admin -> admin.trust().list())) {
      service.administer(admin -> admin.trust().remove(each.certificate().sha256().hex()));
    }
    service.administer(admin -> admin.trust().require(Requirement.KEY));
  }

  private static void trust(boolean intermediateToo) throws Exception {
    service.administer(admin -> admin.trust().add(List.of(maker.root()), false));
    if (intermediateToo) {
      service.administer(admin -> admin.trust().add(List.of(maker.intermediate()), false));
    }
  }

  private static HostChange add(HostIdentity identity, boolean keyAlone) throws Exception {
    return service.administer(admin -> admin.addHost(identity, keyAlone));
  }

  private static List<Refused> refusedNow() throws Exception {
    return service.administer(admin -> admin.trust().refused());
  }

  private static List<String> refusal(ThrowingCallable attempt) {
    RefusedException refused = catchThrowableOfType(RefusedException.class, attempt);
    assertThat(refused).as("a refusal").isNotNull();
    return refused.problem().findings().stream().map(ReportedFinding::code).toList();
  }

  @Test
  void givenATrustedMaker_whenAHostIsAdded_thenItsTpmIsDescribedByItsCertificate()
      throws Exception {
    trust(true);
    Endorsement found = add(certified.identity(), false).endorsement();
    assertThat(found.isTrusted()).isTrue();
    assertThat(found.tpm().orElseThrow().model()).isEqualTo("swtpm");
    assertThat(found.tpm().orElseThrow().version()).startsWith("id:");
    assertThat(found.maker()).contains("CN=swtpm-localca-rootca");
    service.administer(admin -> admin.trust().require(Requirement.CERTIFICATE_IN_TIME));
    certified.attest(service.client());
  }

  @Test
  void givenTheRootOnly_whenAHostIsAdded_thenTheMissingCertificateIsNamed() throws Exception {
    trust(false);
    service.administer(admin -> admin.trust().require(Requirement.CERTIFICATE));
    assertThatThrownBy(() -> add(certified.identity("newcomer"), false))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining("\"CN=swtpm-localca\"");
    service.administer(admin -> admin.trust().require(Requirement.KEY));
    Endorsement found = add(certified.identity(), false).endorsement();
    assertThat(found.findings().getFirst().code().code())
        .isEqualTo("ek-certificate-issuer-missing");
    certified.attest(service.client());
    service.administer(admin -> admin.trust().require(Requirement.CERTIFICATE));
    assertThat(refusal(() -> certified.attest(service.client())))
        .containsExactly("ek-certificate-issuer-missing");
    trust(true);
    certified.attest(service.client());
  }

  @Test
  void givenTheIntermediateTrustedItself_whenAsked_thenNoRootIsNeeded() throws Exception {
    service.administer(admin -> admin.trust().add(List.of(maker.intermediate()), false));
    assertThat(add(certified.identity(), false).endorsement().isTrusted()).isFalse();
    service.administer(admin -> admin.trust().add(List.of(maker.intermediate()), true));
    assertThat(add(certified.identity(), false).endorsement().isTrusted()).isTrue();
  }

  @Test
  void givenATrustedMaker_whenItIsRemoved_thenItsHostsAreRefusedAtTheNextRequest()
      throws Exception {
    trust(true);
    add(certified.identity(), false);
    service.administer(admin -> admin.trust().require(Requirement.CERTIFICATE));
    certified.attest(service.client());
    var challenge = service.client().challenge(certified.challengeRequest());
    service.administer(admin -> admin.trust().remove(maker.root().sha256().hex()));
    assertThat(refusal(() -> service.client().attest(certified.answer(challenge))))
        .containsExactly("ek-certificate-untrusted");
    assertThat(refusal(() -> service.client().challenge(certified.challengeRequest())))
        .containsExactly("ek-certificate-untrusted");
    assertThat(refusedNow()).extracting(each -> each.host().name()).contains("certified");
    assertThat(service.audit()).extracting(each -> each.kind()).contains("trust-removed");
  }

  @Test
  void givenAHostWithoutCertificate_whenOneIsAskedFor_thenOnlyItsKeyOnPurposeWillDo()
      throws Exception {
    trust(true);
    add(bare.identity(), false);
    bare.attest(service.client());
    service.administer(admin -> admin.trust().require(Requirement.CERTIFICATE));
    assertThat(refusal(() -> bare.attest(service.client())))
        .containsExactly("ek-certificate-missing");
    assertThatThrownBy(() -> add(bare.identity(), false))
        .isInstanceOf(HgsException.class)
        .satisfies(e -> assertThat(((HgsException) e).hint()).contains("--key-alone"));
    assertThat(add(bare.identity(), true).added()).isEqualTo(Added.UPDATED);
    bare.attest(service.client());
    assertThat(
            service.audit().stream().filter(each -> each.kind().equals("host-endorsement-changed")))
        .last()
        .satisfies(each -> assertThat(each.detail()).contains("\"keyAlone\":true"));
  }

  @Test
  void givenAHostRegisteredByItsKey_whenItsCertificateComesLater_thenItCountsFromThenOn()
      throws Exception {
    HostIdentity whole = certified.identity();
    HostIdentity keyOnly =
        new HostIdentity(whole.name(), whole.ekPublic(), Optional.empty(), "swtpm");
    trust(true);
    assertThat(add(keyOnly, false).endorsement().certificate()).isEmpty();
    assertThat(add(whole, false).added()).isIn(Added.UPDATED, Added.ALREADY);
    service.administer(admin -> admin.trust().require(Requirement.CERTIFICATE));
    certified.attest(service.client());
    // What is known is not lost by an older identity.
    assertThatThrownBy(() -> add(keyOnly, false)).isInstanceOf(HgsException.class);
    certified.attest(service.client());
  }

  @Test
  void givenACertificateOfAnotherTpm_whenAdded_thenItIsRefused() throws Exception {
    HostIdentity identity =
        new HostIdentity(
            "bare", bare.identity().ekPublic(), certified.identity().ekCertificate(), "");
    assertThatThrownBy(() -> add(identity, true))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining("for another key");
  }

  @Test
  void givenTheTcgHeaderAndPaddingOfNv_whenAdded_thenTheCertificateIsRead() throws Exception {
    Bytes der = certified.identity().ekCertificate().orElseThrow();
    Bytes stored =
        new ByteWriter()
            .u16(0x1001)
            .u8(0)
            .u16(der.length() + 2)
            .u16(0x1002)
            .bytes(der)
            .bytes(new byte[] {-1, -1, -1})
            .toBytes();
    trust(true);
    HostIdentity identity =
        new HostIdentity("certified", certified.identity().ekPublic(), Optional.of(stored), "");
    assertThat(add(identity, false).endorsement().isTrusted()).isTrue();
    Endorsement found =
        service
            .administer(admin -> admin.trust().describe(admin.host("certified").orElseThrow()))
            .orElseThrow();
    assertThat(found.isTrusted()).isTrue();
  }

  @Test
  void givenACertificateOutOfTime_whenAsked_thenOnlyTheStricterRequirementMinds() throws Exception {
    trust(true);
    add(certified.identity(), false);
    // swtpm's certificates never run out: here, they have not begun yet.
    Duration century = Duration.ofDays(-36_500);
    service.clock().advance(century);
    try {
      service.administer(admin -> admin.trust().require(Requirement.CERTIFICATE));
      assertThat(refusedNow()).noneMatch(each -> each.host().name().equals("certified"));
      service.administer(admin -> admin.trust().require(Requirement.CERTIFICATE_IN_TIME));
      assertThat(refusedNow())
          .anySatisfy(each -> {
            assertThat(each.host().name()).isEqualTo("certified");
            assertThat(each.findings().getFirst().code().code())
                .isEqualTo("ek-certificate-expired");
          });
    } finally {
      service.clock().advance(century.negated());
    }
  }

  @Test
  void givenATpmsOwnCertificate_whenAddedAsAMakers_thenItIsRefusedAndNothingIsAdded()
      throws Exception {
    var leaf =
        org.shieldwall.hgs.endorsement.Endorsements.certificate(
            certified.identity().ekCertificate().orElseThrow());
    assertThatThrownBy(
            () -> service.administer(admin -> admin.trust().add(List.of(maker.root(), leaf), true)))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining("no TPM maker's");
    List<Maker> trusted = service.administer(admin -> admin.trust().list());
    assertThat(trusted).isEmpty();
  }

  @Test
  void givenAHostThatAttested_whenItsTpmIsNotGoodEnoughAnyMore_thenListAndTraceSayIt()
      throws Exception {
    try (TestHost plain = TestHost.boot("plain", BootLog.of("standard"))) {
      listAndTrace(plain);
    }
  }

  private static void listAndTrace(TestHost plain) throws Exception {
    add(plain.identity(), false);
    plain.attest(service.client());
    assertThat(service.administer(admin -> admin.fleet().standing("plain")).orElseThrow().barred())
        .isEmpty();
    HostTrace good = service.administer(admin -> admin.traces().trace("plain"));
    assertThat(good.appraisal().verdict()).isInstanceOf(Verdict.Healthy.class);

    service.administer(admin -> admin.trust().require(Requirement.CERTIFICATE));

    assertThat(refusal(() -> plain.attest(service.client())))
        .containsExactly("ek-certificate-missing");
    assertThat(service.administer(admin -> admin.fleet().standing("plain")).orElseThrow().barred())
        .contains("ek-certificate-missing");
    HostTrace barred = service.administer(admin -> admin.traces().trace("plain"));
    assertThat(barred.appraisal().verdict()).isInstanceOf(Verdict.Refused.class);
    assertThat(barred.appraisal().result(Check.EK_REGISTERED).outcome()).isEqualTo(Outcome.FAIL);
    service.administer(admin -> admin.trust().require(Requirement.KEY));

    service.administer(admin -> admin.modes().disable(AttestationMode.TPM));
    List<Standing> standings = service.administer(admin -> admin.fleet().list());
    assertThat(standings).allSatisfy(each -> assertThat(each.barred()).contains("mode tpm is off"));
    service.administer(admin -> admin.modes().enable(AttestationMode.TPM));
  }
}
