package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.hgs.attestation.hostkey.HostKey;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.DirectoryProof;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HostKeyChallengeRequest;
import org.shieldwall.protocol.HostKeyDocument;
import org.shieldwall.protocol.HostKeyProof;
import org.shieldwall.protocol.NonceChallenge;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ProofBinding;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** Hosts that prove themselves by a registered key, and those that only seem to. */
class HostKeyModeTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final KeySet ENCLAVE = PrivateKeySet.generate(RANDOM).publicKeys();
  private static final KeySet OTHER_ENCLAVE = PrivateKeySet.generate(RANDOM).publicKeys();
  private static final KeyPair KEY = key("secp384r1");
  private static final KeyPair OTHER_KEY = key("secp256r1");

  @TempDir private Path temporary;
  private TestService service;

  @BeforeEach
  void start() throws Exception {
    service = TestService.in(temporary.resolve("hgs"));
    service.administer(admin -> admin.modes().enable(AttestationMode.HOST_KEY));
    register("host-a", KEY);
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private static KeyPair key(String kind) {
    try {
      boolean rsa = kind.startsWith("RSA");
      KeyPairGenerator generator = KeyPairGenerator.getInstance(rsa ? "RSA" : "EC");
      if (rsa) {
        generator.initialize(Integer.parseInt(kind.substring(3)), RANDOM);
      } else {
        generator.initialize(new ECGenParameterSpec(kind), RANDOM);
      }
      return generator.generateKeyPair();
    } catch (java.security.GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static HostKey hostKey(KeyPair pair) throws Exception {
    return HostKey.parsePem(HostKeyDocument.pem(pair.getPublic()));
  }

  private void register(String name, KeyPair pair) throws Exception {
    HostKey key = hostKey(pair);
    service.administer(admin -> admin.modes().addHostKey(name, key));
  }

  private NonceChallenge challenge(KeyPair pair) throws Exception {
    return service.client().challenge(new HostKeyChallengeRequest(hostKey(pair).id(), ENCLAVE));
  }

  private static Bytes id(KeySet enclave) {
    return Bytes.of(enclave.id().bytes());
  }

  private static Bytes sign(PrivateKey key, Bytes message) throws Exception {
    Signature signature;
    if (key.getAlgorithm().equals("RSA")) {
      signature = Signature.getInstance("RSASSA-PSS");
      signature.setParameter(
          new PSSParameterSpec("SHA-384", "MGF1", MGF1ParameterSpec.SHA384, 48, 1));
    } else {
      boolean p256 =
          ((java.security.interfaces.ECKey) key).getParams().getOrder().bitLength() == 256;
      signature = Signature.getInstance((p256 ? "SHA256" : "SHA384") + "withECDSAinP1363Format");
    }
    signature.initSign(key);
    signature.update(message.toArray());
    return Bytes.of(signature.sign());
  }

  private static HostKeyProof proof(NonceChallenge challenge, KeyPair pair) throws Exception {
    Bytes message = ProofBinding.hostKey(challenge.nonce(), id(ENCLAVE), hostKey(pair).id());
    return new HostKeyProof(challenge.token(), ENCLAVE, sign(pair.getPrivate(), message));
  }

  private AttestReply attest(KeyPair pair) throws Exception {
    return service.client().attest(proof(challenge(pair), pair));
  }

  private static Problem refusal(ThrowingCallable attempt) {
    RefusedException refused = catchThrowableOfType(RefusedException.class, attempt);
    assertThat(refused).as("a refusal").isNotNull();
    return refused.problem();
  }

  private static List<String> codes(Problem problem) {
    return problem.findings().stream().map(ReportedFinding::code).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"secp256r1", "secp384r1", "RSA3072"})
  void givenARegisteredKey_whenItSigns_thenTheCertificateSaysHowAndHowLittle(String kind)
      throws Exception {
    KeyPair pair = key(kind);
    register("host-b", pair);

    AttestReply reply = attest(pair);

    HealthCertificate certificate = HealthCertificate.parse(reply.certificate());
    assertThat(certificate.refusal(List.of(service.client().signer()), Instant.now())).isEmpty();
    assertThat(certificate.claims().mode()).isEqualTo("host-key");
    assertThat(certificate.claims().assurance()).isEqualTo("host-key");
    assertThat(certificate.claims().host()).isEqualTo("host-b");
    assertThat(certificate.claims().identity()).isEqualTo(hostKey(pair).id().hex());
    assertThat(certificate.claims().enclave()).isEqualTo(ENCLAVE);
    assertThat(certificate.claims().baselines()).isEmpty();
    assertThat(service.audit().getLast().kind()).isEqualTo("attested");
  }

  @Test
  void givenANewService_whenNothingWasSwitchedOn_thenOnlyTheTpmModeIs() throws Exception {
    try (TestService fresh = TestService.in(temporary.resolve("fresh"))) {
      var on =
          fresh.administer(admin -> admin.modes().list()).stream()
              .filter(state -> state.since().isPresent())
              .map(state -> state.mode())
              .toList();
      assertThat(on).containsExactly(AttestationMode.TPM);
      Problem problem =
          refusal(() ->
              fresh.client().challenge(new HostKeyChallengeRequest(hostKey(KEY).id(), ENCLAVE)));
      assertThat(codes(problem)).containsExactly("mode-not-enabled");
      assertThat(problem.findings().getFirst().remedy())
          .isEqualTo("shieldwall hgs mode enable host-key");
    }
  }

  @Test
  void givenAChallenge_whenTheModeIsSwitchedOff_thenItsAnswerIsRefusedAtOnce() throws Exception {
    HostKeyProof proof = proof(challenge(KEY), KEY);
    service.administer(admin -> admin.modes().disable(AttestationMode.HOST_KEY));
    assertThat(codes(refusal(() -> service.client().attest(proof))))
        .containsExactly("mode-not-enabled");
    assertThat(codes(refusal(() -> attest(KEY)))).containsExactly("mode-not-enabled");
    assertThat(service.audit().stream().map(record -> record.kind()))
        .contains("mode-enabled", "mode-disabled");
  }

  @Test
  void givenAnUnknownOrRemovedKey_whenItAsks_thenItIsRefusedByName() throws Exception {
    assertThat(codes(refusal(() -> attest(OTHER_KEY)))).containsExactly("host-key-not-registered");
    HostKeyProof before = proof(challenge(KEY), KEY);
    service.administer(admin -> admin.removeHost("host-a"));
    assertThat(codes(refusal(() -> attest(KEY)))).containsExactly("host-key-not-registered");
    assertThat(codes(refusal(() -> service.client().attest(before))))
        .containsExactly("host-key-not-registered");
  }

  @Test
  void givenAnAnswer_whenSentAgain_thenItIsSpent() throws Exception {
    HostKeyProof proof = proof(challenge(KEY), KEY);
    service.client().attest(proof);
    Problem again = refusal(() -> service.client().attest(proof));
    assertThat(codes(again)).containsExactly("token-spent");
    assertThat(again.status()).isEqualTo(401);
    service.restart();
    assertThat(codes(refusal(() -> service.client().attest(proof)))).containsExactly("token-spent");
  }

  @Test
  void givenAnAnswer_whenItComesTooLate_thenItIsRefused() throws Exception {
    HostKeyProof proof = proof(challenge(KEY), KEY);
    service.clock().advance(Duration.ofMinutes(3));
    assertThat(codes(refusal(() -> service.client().attest(proof))))
        .containsExactly("token-not-good");
  }

  @Test
  void givenASignatureOverAnotherChallenge_whenSent_thenItIsRefused() throws Exception {
    HostKeyProof old = proof(challenge(KEY), KEY);
    String token = challenge(KEY).token();
    HostKeyProof mixed = new HostKeyProof(token, ENCLAVE, old.signature());
    assertThat(codes(refusal(() -> service.client().attest(mixed))))
        .containsExactly("host-key-signature-invalid");
  }

  @Test
  void givenASignatureForAnotherPurpose_whenSent_thenItIsRefused() throws Exception {
    NonceChallenge challenge = challenge(KEY);
    for (Bytes message :
        List.of(
            challenge.nonce(),
            Bytes.concat(challenge.nonce(), id(ENCLAVE)),
            ProofBinding.directory(challenge.nonce(), id(ENCLAVE)))) {
      NonceChallenge fresh = challenge(KEY);
      Bytes own = message.equals(challenge.nonce()) ? fresh.nonce() : message;
      HostKeyProof proof = new HostKeyProof(fresh.token(), ENCLAVE, sign(KEY.getPrivate(), own));
      assertThat(codes(refusal(() -> service.client().attest(proof))))
          .containsExactly("host-key-signature-invalid");
    }
  }

  @Test
  void givenAnotherEnclave_whenTheAnswerNamesIt_thenBothReasonsAreTold() throws Exception {
    HostKeyProof good = proof(challenge(KEY), KEY);
    HostKeyProof swapped = new HostKeyProof(good.token(), OTHER_ENCLAVE, good.signature());
    assertThat(codes(refusal(() -> service.client().attest(swapped))))
        .containsExactly("challenge-for-another-key", "host-key-signature-invalid");
  }

  @Test
  void givenTheKeyOfAnotherRegisteredHost_whenItSigns_thenItIsRefused() throws Exception {
    register("host-b", OTHER_KEY);
    NonceChallenge challenge = challenge(KEY);
    Bytes message = ProofBinding.hostKey(challenge.nonce(), id(ENCLAVE), hostKey(KEY).id());
    HostKeyProof proof =
        new HostKeyProof(challenge.token(), ENCLAVE, sign(OTHER_KEY.getPrivate(), message));
    assertThat(codes(refusal(() -> service.client().attest(proof))))
        .containsExactly("host-key-signature-invalid");
  }

  @Test
  void givenTokensOfOneMode_whenUsedInAnother_thenTheyAreRefused() throws Exception {
    String token = challenge(KEY).token();
    DirectoryProof crossed =
        new DirectoryProof(token, ENCLAVE, Bytes.ofText("spnego"), Bytes.ofText("mic"));
    ReportedFinding finding = refusal(() -> service.client().attest(crossed)).findings().getFirst();
    assertThat(finding.code()).isIn("token-not-good", "mode-not-enabled");

    BootLog boot = BootLog.of("standard");
    try (TestHost host = TestHost.boot("tpm-host", boot)) {
      service.administer(admin -> admin.addHost(host.identity()));
      service.administer(admin -> admin.addBaseline(boot.baseline("accepted")));
      String tpmToken = service.client().challenge(host.challengeRequest()).token();
      HostKeyProof withIt =
          new HostKeyProof(tpmToken, ENCLAVE, proof(challenge(KEY), KEY).signature());
      ReportedFinding found = refusal(() -> service.client().attest(withIt)).findings().getFirst();
      assertThat(found.code()).isEqualTo("token-not-good");
      assertThat(found.found()).isEqualTo("one of mode tpm");
      host.attest(service.client());
    }
  }

  @Test
  void givenATpmHostsName_whenAKeyIsRegisteredUnderIt_thenItIsRefused() throws Exception {
    try (TestHost host = TestHost.boot("host-t", BootLog.of("standard"))) {
      service.administer(admin -> admin.addHost(host.identity()));
      HgsException taken =
          catchThrowableOfType(HgsException.class, () -> register("host-t", OTHER_KEY));
      assertThat(taken.what()).contains("belongs to another key or TPM");
      HgsException twice = catchThrowableOfType(HgsException.class, () -> register("host-c", KEY));
      assertThat(twice.what()).contains("registered under another name");
    }
  }
}
