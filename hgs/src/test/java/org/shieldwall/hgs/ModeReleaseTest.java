package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.hgs.attestation.hostkey.HostKey;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.VmClass;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HostKeyChallengeRequest;
import org.shieldwall.protocol.HostKeyDocument;
import org.shieldwall.protocol.HostKeyProof;
import org.shieldwall.protocol.NonceChallenge;
import org.shieldwall.protocol.ProofBinding;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** What certificates of the modes are worth where keys are released, and for how long. */
class ModeReleaseTest {
  private static final SecureRandom RANDOM = new SecureRandom();

  @TempDir private Path temporary;
  private final PrivateKeySet enclave = PrivateKeySet.generate(RANDOM);
  private TestService service;
  private TestOwner owner;
  private KeyPair pair;
  private HostKey key;

  @BeforeEach
  void start() throws Exception {
    service = TestService.in(temporary.resolve("hgs"));
    owner = new TestOwner();
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
    pair = generator.generateKeyPair();
    key = HostKey.parsePem(HostKeyDocument.pem(pair.getPublic()));
    service.administer(admin -> admin.modes().enable(AttestationMode.HOST_KEY));
    service.administer(admin -> admin.modes().addHostKey("host-k", key));
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private Bytes certificate() throws Exception {
    NonceChallenge challenge =
        service.client().challenge(new HostKeyChallengeRequest(key.id(), enclave.publicKeys()));
    Bytes message =
        ProofBinding.hostKey(
            challenge.nonce(), Bytes.of(enclave.publicKeys().id().bytes()), key.id());
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(pair.getPrivate());
    signature.update(message.toArray());
    return service
        .client()
        .attest(
            new HostKeyProof(challenge.token(), enclave.publicKeys(), Bytes.of(signature.sign())))
        .certificate();
  }

  private KeyProtector protector(Assurance minimum) throws Exception {
    OwnerPolicy policy =
        new OwnerPolicy(VmClass.SHIELDED, minimum, List.of(), List.of(), Optional.empty());
    return owner.shieldingData(service.guardian(), policy);
  }

  private List<String> refused(Bytes certificate, PrivateKeySet by, Assurance minimum)
      throws Exception {
    KeyProtector protector = protector(minimum);
    RefusedException refused =
        catchThrowableOfType(
            RefusedException.class,
            () -> TestOwner.release(service.client(), certificate, protector, by));
    return refused == null
        ? List.of()
        : refused.problem().findings().stream().map(ReportedFinding::code).toList();
  }

  @ParameterizedTest
  @CsvSource({"TPM,false", "HOST_KEY,true", "DIRECTORY,true"})
  void givenAKeysCertificate_whenReleased_thenTheOwnersMinimumDecides(
      Assurance minimum, boolean released) throws Exception {
    List<String> codes = refused(certificate(), enclave, minimum);
    assertThat(codes).isEqualTo(released ? List.of() : List.of("owner-assurance"));
  }

  @ParameterizedTest
  @EnumSource(Assurance.class)
  void givenATpmsCertificate_whenReleased_thenEveryMinimumIsMet(Assurance minimum)
      throws Exception {
    BootLog boot = BootLog.of("standard");
    try (TestHost host = TestHost.boot("host-t", boot)) {
      service.administer(admin -> admin.addHost(host.identity()));
      service.administer(admin -> admin.addBaseline(boot.baseline("accepted")));
      Bytes certificate = host.attest(service.client()).certificate();
      assertThat(refused(certificate, host.enclave(), minimum)).isEmpty();
    }
  }

  @Test
  void givenAKeysCertificate_whenItsHostIsRemoved_thenItReleasesNothing() throws Exception {
    Bytes certificate = certificate();
    service.administer(admin -> admin.removeHost("host-k"));
    assertThat(refused(certificate, enclave, Assurance.DIRECTORY)).containsExactly("host-removed");
  }

  @Test
  void givenAKeysCertificate_whenItsModeIsSwitchedOffAndOn_thenOnlyANewOneReleases()
      throws Exception {
    Bytes certificate = certificate();
    service.administer(admin -> admin.modes().disable(AttestationMode.HOST_KEY));
    assertThat(refused(certificate, enclave, Assurance.DIRECTORY))
        .containsExactly("mode-not-enabled");
    service.clock().advance(Duration.ofSeconds(2));
    service.administer(admin -> admin.modes().enable(AttestationMode.HOST_KEY));
    assertThat(refused(certificate, enclave, Assurance.DIRECTORY))
        .containsExactly("certificate-withdrawn");
    assertThat(refused(certificate(), enclave, Assurance.DIRECTORY)).isEmpty();
  }

  @Test
  void givenAnEndorsementKeyRegisteredAsAHostKey_whenItsTpmAsks_thenItIsNoHostWithATpm()
      throws Exception {
    try (TestHost host = TestHost.boot("host-t", BootLog.of("standard"))) {
      HostKey ek = HostKey.parsePem(HostKeyDocument.pem(host.ekArea().publicKey()));
      service.administer(admin -> admin.modes().addHostKey("host-t", ek));
      RefusedException refused =
          catchThrowableOfType(
              RefusedException.class, () -> service.client().challenge(host.challengeRequest()));
      assertThat(refused).as("a refusal").isNotNull();
      assertThat(refused.problem().findings())
          .extracting(ReportedFinding::code)
          .containsExactly("ek-not-registered");
    }
  }
}
