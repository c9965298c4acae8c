package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.command.TpmException;

/** Challenges elsewhere, later, and for one TPM answered by another. */
class TokenTest {
  @TempDir private static Path temporary;
  private static TestService service;
  private static TestHost host;
  private static TestHost other;

  @BeforeAll
  static void start() throws Exception {
    BootLog boot = BootLog.of("standard");
    host = TestHost.boot("host-a", boot);
    other = TestHost.boot("host-b", boot);
    service = newService("hgs", boot);
  }

  private static TestService newService(String folder, BootLog boot) throws Exception {
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

  private static List<String> refusal(ThrowingCallable attempt) {
    RefusedException refused = catchThrowableOfType(RefusedException.class, attempt);
    assertThat(refused).as("a refusal").isNotNull();
    return refused.problem().findings().stream().map(ReportedFinding::code).toList();
  }

  @Test
  void givenATokenOfAnotherService_whenSentHere_thenItIsNotThisOnes() throws Exception {
    try (TestService elsewhere = newService("elsewhere", BootLog.of("standard"))) {
      Challenge foreign = elsewhere.client().challenge(host.challengeRequest());
      AttestRequest answer = host.answer(foreign);
      assertThat(refusal(() -> service.client().attest(answer))).containsExactly("token-not-good");
      elsewhere.client().attest(answer);
    }
  }

  @Test
  void givenAnUnusedToken_whenTheServiceWasStartedAgain_thenItIsGoodOnce() throws Exception {
    AttestRequest answer = host.answer(service.client().challenge(host.challengeRequest()));
    service.restart();
    service.client().attest(answer);
    assertThat(refusal(() -> service.client().attest(answer))).containsExactly("token-spent");
  }

  @Test
  void givenASpentToken_whenTheClockIsSetBackALittle_thenItStaysSpent() throws Exception {
    AttestRequest answer = host.answer(service.client().challenge(host.challengeRequest()));
    service.client().attest(answer);
    service.clock().advance(Duration.ofSeconds(-30));
    try {
      assertThat(refusal(() -> service.client().attest(answer))).containsExactly("token-spent");
    } finally {
      service.clock().advance(Duration.ofSeconds(30));
    }
  }

  @Test
  void givenAClockSetBackBehindTheRecord_whenAnythingIsAsked_thenNothingIsDecided()
      throws Exception {
    try (TestService elsewhere = newService("clock", BootLog.of("standard"))) {
      AttestRequest answer = host.answer(elsewhere.client().challenge(host.challengeRequest()));
      elsewhere.client().attest(answer);
      elsewhere.clock().advance(Duration.ofHours(2));
      host.attest(elsewhere.client());
      elsewhere.clock().advance(Duration.ofHours(-2));
      for (ThrowingCallable each :
          List.<ThrowingCallable>of(
              () -> elsewhere.client().attest(answer),
              () -> elsewhere.client().challenge(host.challengeRequest()),
              () -> elsewhere.client().health())) {
        RefusedException refused = catchThrowableOfType(RefusedException.class, each);
        assertThat(refused.problem().status()).isEqualTo(503);
        assertThat(refused.problem().detail()).contains("clock is behind its own record");
      }
      elsewhere.restart();
      RefusedException still =
          catchThrowableOfType(RefusedException.class, () -> elsewhere.client().health());
      assertThat(still.problem().status()).isEqualTo(503);

      elsewhere.administer(admin -> {
        admin.acceptClock();
        return true;
      });
      elsewhere.restart();
      elsewhere.client().health();
      host.attest(elsewhere.client());
    }
  }

  /** The credential is made for one endorsement key: another TPM's does not open it. */
  @Test
  void givenACredentialForOneTpm_whenAnotherIsToOpenIt_thenItCannot() throws Exception {
    Challenge challenge = service.client().challenge(host.challengeRequest());
    Throwable refused = catchThrowableOfType(Exception.class, () -> other.activate(challenge));
    assertThat(refused).isInstanceOf(TpmException.class);
  }

  /**
   * What a relay can and cannot do: the machine with the registered TPM can open the secret for
   * somebody else, and the quote still has to be that TPM's, of its own boot and enclave.
   */
  @Test
  void givenTheSecretRelayedToAnotherMachine_whenItAnswersItself_thenEverythingElseGivesItAway()
      throws Exception {
    Challenge challenge = service.client().challenge(host.challengeRequest());
    Bytes relayed = host.activate(challenge);
    AttestRequest answer = other.answer(challenge, relayed, other.enclave().publicKeys());
    assertThat(refusal(() -> service.client().attest(answer)))
        .contains("challenge-for-another-key", "quote-nonce-mismatch");
  }

  @Test
  void givenAnotherTpm_whenItWantsAKnownName_thenItNeverGetsIt() throws Exception {
    try (TestHost impostor = TestHost.boot("host-a", BootLog.of("standard"))) {
      HgsException taken =
          catchThrowableOfType(
              HgsException.class,
              () -> service.administer(admin -> admin.addHost(impostor.identity())));
      assertThat(taken.what()).contains("belongs to another TPM");
      assertThat(refusal(() -> impostor.attest(service.client())))
          .containsExactly("ek-not-registered");
    }
  }
}
