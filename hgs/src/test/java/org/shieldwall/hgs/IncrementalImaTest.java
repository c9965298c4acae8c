package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** A host that sends only what its kernel measured since, and hosts that would leave more out. */
class IncrementalImaTest {
  private static final BootLog BOOT = BootLog.of("standard");
  private static final Bytes BAD = TpmHash.SHA256.hash(Bytes.ofText("a bad program"));

  @TempDir private Path temporary;
  private TestHost host;
  private TestService service;

  @BeforeEach
  void start() throws Exception {
    host = TestHost.boot("host-a", BOOT);
    service = TestService.allowingFiles(temporary.resolve("hgs"), BOOT.files());
    service.administer(admin -> admin.addHost(host.identity()));
    service.administer(admin -> admin.addBaseline(BOOT.baseline("accepted")));
    host.measureFiles(2);
  }

  @AfterEach
  void stop() throws Exception {
    if (service != null) {
      service.close();
    }
    if (host != null) {
      host.close();
    }
  }

  private Challenge challenge(long resetCount) throws Exception {
    return service
        .client()
        .challenge(host.challengeRequest().with(Optional.empty(), OptionalLong.of(resetCount)));
  }

  private Challenge challenge() throws Exception {
    return challenge(host.resetCount());
  }

  private void attest() throws Exception {
    var _ = service.client().attest(host.answer(challenge()));
  }

  private List<String> refusal(AttestRequest evidence) {
    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> service.client().attest(evidence));
    assertThat(refused).as("a refusal").isNotNull();
    return refused.problem().findings().stream().map(ReportedFinding::code).toList();
  }

  private static AttestRequest withList(AttestRequest good, Bytes list) {
    return new AttestRequest(
        good.token(),
        good.activatedSecret(),
        good.akPublic(),
        good.enclave(),
        good.quote(),
        good.signature(),
        good.pcrs(),
        good.eventLog(),
        Optional.of(list));
  }

  private void store(String change) throws Exception {
    try (Database database = service.folder().openDatabase()) {
      int changed = database.write(writing -> writing.execute(change));
      assertThat(changed).isEqualTo(1);
    }
  }

  @Test
  void givenAnAcceptedList_whenMoreIsMeasured_thenOnlyThatIsAskedForAndJudged() throws Exception {
    assertThat(challenge().imaFrom()).isZero();
    attest();
    Challenge nothingNew = challenge();
    assertThat(nothingNew.imaFrom()).isEqualTo(2);
    AttestRequest empty = host.answer(nothingNew);
    assertThat(empty.ima()).contains(Bytes.EMPTY);
    service.client().attest(empty);

    host.measureFiles(1);
    AttestRequest one = host.answer(challenge());
    assertThat(one.ima().orElseThrow().length()).isLessThan(200);
    service.client().attest(one);
    assertThat(challenge().imaFrom()).isEqualTo(3);

    host.measureStrangeFile("/tmp/bad", BAD);
    assertThat(refusal(host.answer(challenge()))).containsExactly("ima-not-allowed");
    // What was refused is not taken for accepted: it is asked for again, and refused again.
    assertThat(challenge().imaFrom()).isEqualTo(3);
    assertThat(refusal(host.answer(challenge()))).containsExactly("ima-not-allowed");
  }

  @Test
  void givenNoClaimOrAnotherBootsClaim_whenAsked_thenTheWholeListIsWanted() throws Exception {
    attest();
    assertThat(service.client().challenge(host.challengeRequest()).imaFrom()).isZero();
    assertThat(challenge(host.resetCount() + 1).imaFrom()).isZero();
  }

  @Test
  void givenAnOffsetOfAnotherBoot_whenClaimedAsThisOnes_thenTheQuoteGivesItAway() throws Exception {
    attest();
    store("UPDATE ima_progress SET reset_count = reset_count + 1");
    Challenge claimed = challenge(host.resetCount() + 1);
    assertThat(claimed.imaFrom()).isEqualTo(2);
    assertThat(refusal(host.answer(claimed))).contains("ima-offset-stale");
    // With the whole list all is well again.
    service.client().attest(host.answer(service.client().challenge(host.challengeRequest())));
  }

  @Test
  void givenAResumeSince_whenOnlyTheEndIsSent_thenItIsStale() throws Exception {
    attest();
    store("UPDATE ima_progress SET restart_count = restart_count + 1");
    assertThat(refusal(host.answer(challenge()))).contains("ima-offset-stale");
  }

  @Test
  void givenEntriesLeftOut_whenTheEndIsSent_thenItDoesNotLeadToTheQuote() throws Exception {
    attest();
    host.measureStrangeFile("/tmp/bad", BAD);
    host.measureFiles(1);
    AttestRequest answer = host.answer(challenge());
    assertThat(refusal(withList(answer, host.imaFrom(3)))).containsExactly("ima-replay-mismatch");
    AttestRequest again = host.answer(challenge());
    assertThat(refusal(withList(again, Bytes.EMPTY))).containsExactly("ima-replay-mismatch");
    // The whole list where only its end was asked for is no way around either.
    AttestRequest whole = host.answer(challenge());
    assertThat(refusal(withList(whole, host.imaFrom(0)))).containsExactly("ima-replay-mismatch");
  }

  @Test
  void givenAnOldChallenge_whenAnsweredAfterANewerOne_thenItsOwnOffsetHolds() throws Exception {
    attest();
    Challenge old = challenge();
    host.measureFiles(1);
    attest();
    assertThat(refusal(withList(host.answer(old), host.imaFrom(3))))
        .containsExactly("ima-replay-mismatch");
    assertThat(challenge().imaFrom()).isEqualTo(3);
  }

  @Test
  void givenOtherRules_whenAsked_thenEveryEntryIsJudgedAnew() throws Exception {
    host.measureFiles(1);
    attest();
    Challenge before = challenge();
    assertThat(before.imaFrom()).isEqualTo(3);
    Files.writeString(
        service.folder().path().resolve("ima.txt"),
        "sha256:" + BOOT.files().getFirst().hex() + "\n");
    service.policy(
        """
        name = "default"
        version = 3
        [checks.code-integrity]
        enabled = true
        allow = "ima.txt"
        """);
    assertThat(refusal(host.answer(before))).contains("ima-offset-stale");
    Challenge after = challenge();
    assertThat(after.imaFrom()).isZero();
    assertThat(refusal(host.answer(after))).containsExactly("ima-not-allowed");
  }

  @Test
  void givenAServiceStartedAgain_whenAsked_thenItKnowsWhereItWas() throws Exception {
    attest();
    service.restart();
    assertThat(challenge().imaFrom()).isEqualTo(2);
    attest();
  }

  @Test
  void givenAQuarantine_whenTheHostIsRestored_thenEveryEntryIsJudgedAnew() throws Exception {
    attest();
    assertThat(challenge().imaFrom()).isEqualTo(2);
    service.administer(admin -> admin.fleet().quarantine("host-a", "an alarm"));
    service.administer(admin -> admin.fleet().restore("host-a"));
    assertThat(challenge().imaFrom()).isZero();
    attest();
  }
}
