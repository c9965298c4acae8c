package org.shieldwall.host.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.host.agent.AttestationPlan.Planned;

/** When the agent attests: soon after a change, and not too often whatever a host does. */
class AttestationPlanTest {
  private static final Instant START = Instant.EPOCH;
  private static final Duration LIFE = Duration.ofHours(8);

  private final AttestationPlan plan = new AttestationPlan(Pace.USUAL, new Random(1), START);

  private static Instant at(long seconds) {
    return START.plusSeconds(seconds);
  }

  private void healthyAt(long seconds) {
    plan.attempting(at(seconds));
    plan.healthy(at(seconds), LIFE);
  }

  @Test
  void givenAnAgentThatStartsThenItAttestsAtOnce() {
    assertThat(plan.next()).isEqualTo(new Planned(AttestationCause.START, START));
  }

  @Test
  void givenACertificateThenItIsRenewedBeforeHalfOfItsLifeAndNotByAllHostsTogether() {
    Set<Instant> moments = new HashSet<>();
    for (int seed = 0; seed < 200; seed++) {
      AttestationPlan one = new AttestationPlan(Pace.USUAL, new Random(seed), START);
      one.attempting(START);
      one.healthy(START, LIFE);
      assertThat(one.next().cause()).isEqualTo(AttestationCause.HALF_LIFE);
      assertThat(one.next().at())
          .isBetween(START.plus(LIFE.multipliedBy(2).dividedBy(5)), START.plus(LIFE.dividedBy(2)));
      moments.add(one.next().at());
    }
    assertThat(moments).hasSizeGreaterThan(190);
  }

  @Test
  void givenACertificateThatHasRunOutByThisHostsClockThenItDoesNotAttestWithoutPause() {
    plan.attempting(START);
    plan.healthy(START, Duration.ofHours(-5));
    assertThat(plan.next().at()).isAfterOrEqualTo(at(24));
  }

  @Test
  void givenRefusalsThenItTriesAgainEverMoreSeldomUntilOneSucceeds() {
    List<Long> waits = new ArrayList<>();
    Instant now = START;
    for (int attempt = 0; attempt < 9; attempt++) {
      plan.attempting(now);
      plan.failed(now);
      assertThat(plan.next().cause()).isEqualTo(AttestationCause.RETRY);
      waits.add(Duration.between(now, plan.next().at()).toSeconds());
      now = plan.next().at();
    }
    assertThat(waits).containsExactly(5L, 10L, 20L, 40L, 80L, 160L, 300L, 300L, 300L);
    plan.attempting(now);
    plan.healthy(now, LIFE);
    plan.failed(now);
    assertThat(plan.next().at()).isEqualTo(now.plusSeconds(5));
  }

  @ParameterizedTest
  @EnumSource(names = {"PCR_CHANGED", "TPM_RESTARTED", "RESUMED", "CERTIFICATE_REFUSED"})
  void givenAChangeOfTheHostThenItAttestsAtOnceButNotTwiceInFiveSeconds(AttestationCause cause) {
    healthyAt(0);
    plan.changed(cause, at(100));
    assertThat(plan.next()).isEqualTo(new Planned(cause, at(100)));
    healthyAt(100);
    plan.changed(cause, at(101));
    assertThat(plan.next()).isEqualTo(new Planned(cause, at(105)));
  }

  @Test
  void givenFilesMeasuredThenItWaitsUntilTwoSecondsAreQuietAndAttestsOnceForAll() {
    healthyAt(0);
    for (int second = 100; second <= 104; second++) {
      plan.changed(AttestationCause.FILES_MEASURED, at(second));
    }
    assertThat(plan.next()).isEqualTo(new Planned(AttestationCause.FILES_MEASURED, at(106)));
    healthyAt(106);
    assertThat(plan.next().cause()).isEqualTo(AttestationCause.HALF_LIFE);
  }

  @Test
  void givenAHostThatNeverStopsMeasuringThenItAttestsAfterTenSecondsAndOnceAMinute() {
    healthyAt(0);
    List<Long> attested = new ArrayList<>();
    for (int second = 100; second < 100 + 3600; second++) {
      plan.changed(AttestationCause.FILES_MEASURED, at(second));
      if (!plan.next().at().isAfter(at(second))) {
        attested.add((long) second);
        healthyAt(second);
      }
    }
    assertThat(attested.getFirst()).isEqualTo(110);
    assertThat(attested).hasSizeBetween(58, 60);
    for (int i = 1; i < attested.size(); i++) {
      assertThat(attested.get(i) - attested.get(i - 1)).isGreaterThanOrEqualTo(60);
    }
  }

  @Test
  void givenFilesMeasuredAndThenThePcrsChangedThenTheGraverCauseIsNotMadeToWait() {
    healthyAt(99);
    plan.changed(AttestationCause.FILES_MEASURED, at(110));
    plan.changed(AttestationCause.PCR_CHANGED, at(111));
    plan.changed(AttestationCause.FILES_MEASURED, at(112));
    assertThat(plan.next()).isEqualTo(new Planned(AttestationCause.PCR_CHANGED, at(110)));
  }

  @Test
  void givenAHostThatIsRefusedAndMeasuresOnThenItsRetriesAreNotPutOff() {
    plan.attempting(START);
    plan.failed(START);
    plan.changed(AttestationCause.FILES_MEASURED, at(1));
    assertThat(plan.next()).isEqualTo(new Planned(AttestationCause.RETRY, at(5)));
  }
}
