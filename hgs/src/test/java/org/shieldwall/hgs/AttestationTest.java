package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.audit.ChainCheck;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** Hosts with real (software) TPMs against a real service: one is good, the others are not. */
class AttestationTest {
  @TempDir private static Path temporary;
  private static TestService service;
  private static TestHost host;

  @BeforeAll
  static void start() throws Exception {
    BootLog boot = BootLog.of("standard");
    host = TestHost.boot("host-a", boot);
    service = TestService.in(temporary.resolve("hgs"));
    service.administer(admin -> admin.addHost(host.identity()));
    service.administer(admin -> admin.addBaseline(boot.baseline("accepted")));
    service.administer(admin -> admin.addBaseline(BootLog.of("updated").baseline("another")));
  }

  @AfterAll
  static void stop() throws Exception {
    if (service != null) {
      service.close();
    }
    if (host != null) {
      host.close();
    }
  }

  private static Problem refusal(ThrowingCallable attempt) {
    RefusedException refused = catchThrowableOfType(RefusedException.class, attempt);
    assertThat(refused).as("a refusal").isNotNull();
    return refused.problem();
  }

  private static List<String> codes(Problem problem) {
    return problem.findings().stream().map(ReportedFinding::code).toList();
  }

  private static Challenge challenge() throws Exception {
    return service.client().challenge(host.challengeRequest());
  }

  @Test
  void givenAGoodHost_whenItAttests_thenItsCertificateSaysWhatWasProven() throws Exception {
    AttestReply reply = host.attest(service.client());

    HealthCertificate certificate = HealthCertificate.parse(reply.certificate());
    assertThat(certificate.refusal(List.of(service.client().signer()), Instant.now())).isEmpty();
    assertThat(certificate.claims()).isEqualTo(reply.claims());
    assertThat(reply.claims().host()).isEqualTo("host-a");
    assertThat(reply.claims().baselines()).containsExactly("accepted");
    assertThat(reply.claims().enclave()).isEqualTo(host.enclave().publicKeys());
    assertThat(reply.expires())
        .isBetween(
            Instant.now().plus(Duration.ofHours(7)), Instant.now().plus(Duration.ofHours(9)));
    assertThat(service.audit().getLast().kind()).isEqualTo("attested");
    assertThat(service.audit().getLast().subject()).isEqualTo("host host-a");
  }

  @Test
  void givenAThousandChallenges_whenAsked_thenEachHasItsOwnNonceAndToken() throws Exception {
    Set<Bytes> nonces = new HashSet<>();
    Set<String> tokens = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      Challenge challenge = challenge();
      nonces.add(challenge.nonce());
      tokens.add(challenge.token());
    }
    assertThat(nonces).hasSize(1000);
    assertThat(tokens).hasSize(1000);
  }

  @Test
  void givenAnUnregisteredTpm_whenItAsks_thenItIsRefusedWithTheCommandThatMendsIt()
      throws Exception {
    try (TestHost stranger = TestHost.boot("stranger", BootLog.of("standard"))) {
      Problem problem = refusal(() -> stranger.attest(service.client()));
      assertThat(problem.status()).isEqualTo(403);
      assertThat(problem.type()).endsWith(":attestation-refused");
      assertThat(codes(problem)).containsExactly("ek-not-registered");
      assertThat(problem.findings().getFirst().remedy()).contains("shieldwall hgs host add");
      assertThat(problem.instance()).isEqualTo("urn:uuid:" + service.audit().getLast().id());
    }
  }

  @Test
  void givenARemovedHost_whenItAsks_thenItIsRefusedAtOnceAndAgainGoodWhenAdded() throws Exception {
    Challenge before = challenge();
    service.administer(admin -> admin.removeHost("host-a"));
    assertThat(codes(refusal(() -> host.attest(service.client()))))
        .containsExactly("ek-not-registered");
    assertThat(codes(refusal(() -> service.client().attest(host.answer(before)))))
        .containsExactly("ek-not-registered");
    service.administer(admin -> admin.addHost(host.identity()));
    host.attest(service.client());
  }

  @Test
  void givenAnotherBoot_whenItAttests_thenTheDifferenceIsNamed() throws Exception {
    try (TestHost altered = TestHost.boot("altered", BootLog.of("other-command-line"))) {
      service.administer(admin -> admin.addHost(altered.identity()));
      Problem problem = refusal(() -> altered.attest(service.client()));
      assertThat(problem.status()).isEqualTo(403);
      assertThat(codes(problem)).containsOnly("boot-baseline-mismatch");
      ReportedFinding finding = problem.findings().getFirst();
      assertThat(finding.title()).contains("the images booted");
      assertThat(finding.expected()).isNotEqualTo(finding.found());
    }
  }

  @Test
  void givenSecureBootOffAndAnotherImage_whenItAttests_thenBothAreReported() throws Exception {
    try (TestHost open = TestHost.boot("open", BootLog.of("secure-boot-off"))) {
      service.administer(admin -> admin.addHost(open.identity()));
      assertThat(codes(refusal(() -> open.attest(service.client()))))
          .contains("secure-boot-off", "boot-baseline-mismatch");
    }
  }

  @Test
  void givenALogThatIsNotThisBoots_whenSent_thenItDoesNotLeadToTheQuote() throws Exception {
    AttestRequest good = host.answer(challenge());
    AttestRequest other = withLog(good, BootLog.of("updated").toBytes());
    assertThat(codes(refusal(() -> service.client().attest(other)))).contains("replay-mismatch");
  }

  @Test
  void givenALogThatCannotBeRead_whenSent_thenItIsMalformedWithItsOffset() throws Exception {
    AttestRequest good = host.answer(challenge());
    AttestRequest cut = withLog(good, good.eventLog().slice(0, good.eventLog().length() - 3));
    Problem problem = refusal(() -> service.client().attest(cut));
    assertThat(codes(problem)).contains("evidence-malformed");
    assertThat(problem.findings().toString()).contains("offset");
  }

  @Test
  void givenNoLog_whenSent_thenItIsNotTakenForAGoodOne() throws Exception {
    AttestRequest empty = withLog(host.answer(challenge()), Bytes.EMPTY);
    assertThat(codes(refusal(() -> service.client().attest(empty)))).isNotEmpty();
  }

  private static AttestRequest withLog(AttestRequest good, Bytes log) {
    return new AttestRequest(
        good.token(),
        good.activatedSecret(),
        good.akPublic(),
        good.enclave(),
        good.quote(),
        good.signature(),
        good.pcrs(),
        log,
        good.ima());
  }

  @Test
  void givenAnAnswer_whenSentTwice_thenTheSecondIsRefusedEvenAfterARestart() throws Exception {
    AttestRequest answer = host.answer(challenge());
    service.client().attest(answer);
    Problem problem = refusal(() -> service.client().attest(answer));
    assertThat(problem.status()).isEqualTo(401);
    assertThat(codes(problem)).containsExactly("token-spent");
    service.restart();
    assertThat(codes(refusal(() -> service.client().attest(answer))))
        .containsExactly("token-spent");
  }

  @Test
  void givenARefusedAnswer_whenMendedAndSentAgain_thenTheTokenIsSpent() throws Exception {
    AttestRequest good = host.answer(challenge());
    assertThat(refusal(() -> service.client().attest(withLog(good, Bytes.EMPTY))).status())
        .isIn(400, 403);
    assertThat(codes(refusal(() -> service.client().attest(good)))).containsExactly("token-spent");
  }

  @Test
  void givenOldEvidence_whenSentForANewChallenge_thenItsNonceIsWrong() throws Exception {
    AttestRequest old = host.answer(challenge());
    Challenge fresh = challenge();
    AttestRequest replayed =
        new AttestRequest(
            fresh.token(),
            host.activate(fresh),
            old.akPublic(),
            old.enclave(),
            old.quote(),
            old.signature(),
            old.pcrs(),
            old.eventLog(),
            old.ima());
    Problem problem = refusal(() -> service.client().attest(replayed));
    assertThat(problem.status()).isEqualTo(403);
    assertThat(codes(problem)).containsExactly("quote-nonce-mismatch");
  }

  @Test
  void givenAnotherEnclave_whenItClaimsTheHost_thenEveryReasonIsReported() throws Exception {
    KeySet other = PrivateKeySet.generate(new SecureRandom()).publicKeys();
    ChallengeRequest asked = host.challengeRequest();
    Challenge challenge =
        service
            .client()
            .challenge(
                new ChallengeRequest(
                    asked.ekPublic(), asked.ekCertificate(), asked.akPublic(), other));
    AttestRequest answer = host.answer(challenge, host.activate(challenge), other);
    assertThat(codes(refusal(() -> service.client().attest(answer))))
        .containsExactly("enclave-key-not-measured");

    Challenge mine = challenge();
    AttestRequest swapped = host.answer(mine, host.activate(mine), other);
    assertThat(codes(refusal(() -> service.client().attest(swapped))))
        .contains("challenge-for-another-key", "quote-nonce-mismatch");
  }

  @Test
  void givenAQuoteByAnotherTpmsKey_whenTheRegisteredOneOpenedTheSecret_thenItIsAnotherKey()
      throws Exception {
    try (TestHost elsewhere = TestHost.boot("elsewhere", BootLog.of("standard"))) {
      Challenge challenge = challenge();
      AttestRequest relayed =
          elsewhere.answer(challenge, host.activate(challenge), host.enclave().publicKeys());
      assertThat(codes(refusal(() -> service.client().attest(relayed))))
          .contains("challenge-for-another-key");
    }
  }

  @Test
  void givenASecondEnclaveInOneBoot_whenItAttests_thenThePcrGivesItAway() throws Exception {
    BootLog boot = BootLog.of("standard");
    try (TestHost twice = TestHost.boot("twice", boot)) {
      service.administer(admin -> admin.addHost(twice.identity()));
      twice.attest(service.client());
      twice.measureEnclave(PrivateKeySet.generate(new SecureRandom()).publicKeys());
      assertThat(codes(refusal(() -> twice.attest(service.client()))))
          .containsExactly("enclave-key-not-measured");
    }
  }

  @Test
  void givenAKeyThatIsNotInTheTpm_whenChallenged_thenTheSecretIsMissing() throws Exception {
    Challenge challenge = challenge();
    AttestRequest guessed = host.answer(challenge, Bytes.zeros(32), host.enclave().publicKeys());
    assertThat(codes(refusal(() -> service.client().attest(guessed))))
        .containsExactly("credential-not-activated");
  }

  @Test
  void givenAnEndorsementKeyAsAttestationKey_whenAsked_thenItIsRefusedBeforeAnything()
      throws Exception {
    ChallengeRequest asked = host.challengeRequest();
    ChallengeRequest wrong =
        new ChallengeRequest(
            asked.ekPublic(), Optional.empty(), host.ekArea().sized(), asked.enclave());
    Problem problem = refusal(() -> service.client().challenge(wrong));
    assertThat(codes(problem)).contains("ak-unacceptable").hasSizeGreaterThan(1);
  }

  @Test
  void givenAnAlteredQuoteOrPcr_whenSent_thenItShows() throws Exception {
    AttestRequest good = host.answer(challenge());
    byte[] quote = good.quote().toArray();
    quote[quote.length - 1] ^= 1;
    TreeMap<Integer, Bytes> pcrs = new TreeMap<>(good.pcrs());
    pcrs.put(7, Bytes.zeros(32));
    AttestRequest altered =
        new AttestRequest(
            good.token(),
            good.activatedSecret(),
            good.akPublic(),
            good.enclave(),
            Bytes.of(quote),
            good.signature(),
            pcrs,
            good.eventLog(),
            good.ima());
    assertThat(codes(refusal(() -> service.client().attest(altered))))
        .contains("quote-signature-invalid");
  }

  @Test
  void givenALateAnswer_whenSent_thenTheChallengeHasExpired() throws Exception {
    AttestRequest answer = host.answer(challenge());
    service.clock().advance(Duration.ofMinutes(3));
    Problem problem = refusal(() -> service.client().attest(answer));
    assertThat(problem.status()).isEqualTo(401);
    assertThat(codes(problem)).containsExactly("token-not-good");
  }

  @Test
  void givenAMadeUpOrAlteredToken_whenSent_thenItIsRefused() throws Exception {
    AttestRequest good = host.answer(challenge());
    String token = good.token();
    char last = token.charAt(60) == 'A' ? 'B' : 'A';
    for (String wrong :
        List.of("x", token.substring(4), token.substring(0, 60) + last + token.substring(61))) {
      AttestRequest altered =
          new AttestRequest(
              wrong,
              good.activatedSecret(),
              good.akPublic(),
              good.enclave(),
              good.quote(),
              good.signature(),
              good.pcrs(),
              good.eventLog(),
              good.ima());
      assertThat(codes(refusal(() -> service.client().attest(altered))))
          .containsExactly("token-not-good");
    }
  }

  @Test
  void givenNoBaselines_whenAHostAttests_thenNothingWillDo() throws Exception {
    List<org.shieldwall.hgs.store.BaselineRegister.Stored> kept =
        service.administer(org.shieldwall.hgs.admin.Administration::baselines);
    for (var baseline : kept) {
      service.administer(admin -> admin.removeBaseline(baseline.name()));
    }
    try {
      assertThat(codes(refusal(() -> host.attest(service.client()))))
          .contains("boot-baseline-missing");
    } finally {
      service.administer(admin -> admin.addBaseline(BootLog.of("standard").baseline("accepted")));
      service.administer(admin -> admin.addBaseline(BootLog.of("updated").baseline("another")));
    }
    host.attest(service.client());
  }

  @Test
  void givenEverythingThatHappened_whenTheRecordIsChecked_thenItHoldsAndHoldsNoSecret()
      throws Exception {
    Challenge challenge = challenge();
    AttestRequest answer = host.answer(challenge);
    service.client().attest(answer);
    ChainCheck check = service.administer(admin -> admin.verifyAudit(Optional.empty()));
    assertThat(check).isInstanceOf(ChainCheck.Intact.class);
    assertThat(service.audit().toString())
        .doesNotContain(challenge.token())
        .doesNotContain(challenge.nonce().hex())
        .doesNotContain(answer.activatedSecret().hex());
  }
}
