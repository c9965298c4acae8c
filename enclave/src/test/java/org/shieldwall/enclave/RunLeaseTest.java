package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.Grant;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.Lease;
import org.shieldwall.protector.Lease.Standing;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.VmReport;
import org.shieldwall.protector.VmReport.Event;
import org.shieldwall.protector.secret.SecretArena;

/** An agent that loses, keeps back, repeats and makes up answers gains no time by it. */
class RunLeaseTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Duration HOUR = Duration.ofHours(1);

  private final PrivateKeySet enclave = PrivateKeySet.generate(RANDOM);
  private final PrivateKeySet service = PrivateKeySet.generate(RANDOM);
  private final AtomicLong now = new AtomicLong(1_000_000);
  private final RunLease lease;

  RunLeaseTest() throws ProtectorException {
    PrivateKeySet owner = PrivateKeySet.generate(RANDOM);
    Grant grant =
        Grant.issue(
            Guardian.create("owner", Instant.EPOCH, owner, RANDOM),
            owner,
            List.of(Guardian.create("service", Instant.EPOCH, service, RANDOM)),
            OwnerPolicy.shielded(),
            Instant.EPOCH,
            RANDOM);
    SecretArena arena = SecretArena.plain();
    KeyProtector current =
        KeyProtector.createForVm(grant, new UUID(1, 2), owner, RANDOM, arena)
            .protector()
            .roll(service, RANDOM, arena)
            .next();
    lease =
        new RunLease(
            current, HOUR, new RunLease.Signer(enclave, RANDOM, new AtomicLong(), now::get));
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  private VmReport report() {
    return lease.report(Event.RUNNING, Optional.empty());
  }

  private Json answer(VmReport report, Standing standing, Duration time) {
    return Json.of(Lease.sign(report, standing, time, service, RANDOM).toJson(), "lease");
  }

  @Test
  void givenNoAnswerYet_thenTheGuestDoesNotRun() {
    assertThat(lease.runs()).isFalse();
    report();
    assertThat(lease.runs()).isFalse();
    assertThat(lease.state().standing()).isEqualTo("asked");
  }

  @Test
  void givenAnAnswer_whenTaken_thenItsTimeCountsFromBeforeTheReportWasSigned() throws Exception {
    VmReport asked = report();
    pass(Duration.ofMinutes(20));
    assertThat(lease.take(answer(asked, Standing.HELD, HOUR))).isEqualTo(Standing.HELD);
    assertThat(lease.state().left()).isEqualTo(2400);
    pass(Duration.ofMinutes(40).minusNanos(1));
    assertThat(lease.runs()).isTrue();
    pass(Duration.ofNanos(1));
    assertThat(lease.runs()).isFalse();
    assertThat(lease.lost()).isFalse();

    VmReport later = report();
    lease.take(answer(later, Standing.HELD, HOUR));
    assertThat(lease.runs()).isTrue();
  }

  @Test
  void givenAnAnswer_whenKeptBackForLongerThanItLasts_thenItGivesNothing() throws Exception {
    VmReport asked = report();
    pass(HOUR);
    lease.take(answer(asked, Standing.HELD, HOUR));
    assertThat(lease.runs()).isFalse();
  }

  @Test
  void givenAnAnswer_whenRepeatedOrToAnOlderReport_thenItIsRefused() throws Exception {
    VmReport first = report();
    Json answer = answer(first, Standing.HELD, HOUR);
    lease.take(answer);
    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> lease.take(answer));
    assertThat(refused.answer().code()).isEqualTo("lease-not-asked-for");
    pass(HOUR);
    report();
    ProtectorException old =
        catchThrowableOfType(ProtectorException.class, () -> lease.take(answer));
    assertThat(old.code()).isEqualTo(ProtectorException.Code.NOT_REQUESTED);
    assertThat(lease.runs()).isFalse();
  }

  @Test
  void givenAnAnswer_whenNotByTheGuardianThatReleased_thenItIsRefused() {
    VmReport asked = report();
    for (PrivateKeySet other : List.of(enclave, PrivateKeySet.generate(RANDOM))) {
      Json forged =
          Json.of(Lease.sign(asked, Standing.HELD, HOUR, other, RANDOM).toJson(), "lease");
      assertThatThrownBy(() -> lease.take(forged)).isInstanceOf(ProtectorException.class);
    }
    assertThat(lease.runs()).isFalse();
  }

  @Test
  void givenAVmThatWasStartedElsewhere_thenNoLaterAnswerBringsItBack() throws Exception {
    lease.take(answer(report(), Standing.HELD, HOUR));
    lease.take(answer(report(), Standing.ELSEWHERE, Duration.ZERO));
    assertThat(lease.runs()).isFalse();
    assertThat(lease.lost()).isTrue();
    lease.take(answer(report(), Standing.HELD, HOUR));
    assertThat(lease.runs()).isFalse();
    assertThat(lease.lost()).isTrue();
  }

  @Test
  void givenReports_thenTheirNumbersRise() {
    long before = report().count();
    VmReport ended = lease.report(Event.STOPPED, Optional.of(Digest.of(new byte[1])));
    assertThat(ended.count()).isGreaterThan(before);
  }
}
