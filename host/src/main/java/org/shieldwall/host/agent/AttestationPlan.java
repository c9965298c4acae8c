package org.shieldwall.host.agent;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When to attest next, and why. It knows no clock: every time it is told comes from one that never
 * jumps. Not for several threads at once.
 *
 * <p>A certificate is renewed when 40 to 50 % of its life are over, at a random moment in between,
 * so that hosts that were started together do not come back together.
 */
final class AttestationPlan {
  private static final double EARLIEST = 0.4;
  private static final double LATEST = 0.5;
  private static final Duration SHORTEST_LIFE = Duration.ofMinutes(1);

  private final Pace pace;
  private final RandomGenerator random;
  private Planned routine;
  private Duration retry;
  private @Nullable Instant lastAttempt;
  private @Nullable Change change;

  /** What is next. */
  record Planned(AttestationCause cause, Instant at) {}

  private record Change(AttestationCause cause, Instant first, Instant last) {}

  AttestationPlan(Pace pace, RandomGenerator random, Instant now) {
    this.pace = pace;
    this.random = random;
    this.routine = new Planned(AttestationCause.START, now);
    this.retry = pace.firstRetry();
  }

  /** An attempt begins: what was seen until now, it will show. */
  void attempting(Instant now) {
    lastAttempt = now;
    change = null;
  }

  /** The attempt gave a certificate that is good for {@code life}. */
  void healthy(Instant now, Duration life) {
    Duration atLeast = life.compareTo(SHORTEST_LIFE) < 0 ? SHORTEST_LIFE : life;
    long wait = (long) (atLeast.toMillis() * random.nextDouble(EARLIEST, LATEST));
    routine = new Planned(AttestationCause.HALF_LIFE, now.plusMillis(wait));
    retry = pace.firstRetry();
  }

  /** The attempt gave none. */
  void failed(Instant now) {
    routine = new Planned(AttestationCause.RETRY, now.plus(retry));
    Duration doubled = retry.multipliedBy(2);
    retry = doubled.compareTo(pace.lastRetry()) < 0 ? doubled : pace.lastRetry();
  }

  /** Something was seen that may have changed what a verifier would say. */
  void changed(AttestationCause cause, Instant now) {
    Change before = change;
    if (before == null) {
      change = new Change(cause, now, now);
    } else {
      boolean files = before.cause() == AttestationCause.FILES_MEASURED;
      change = new Change(files ? cause : before.cause(), before.first(), now);
    }
  }

  /** {@return what is next, and when at the earliest} */
  Planned next() {
    Optional<Planned> changed = Optional.ofNullable(change).map(this::planned);
    return changed.filter(sooner -> sooner.at().isBefore(routine.at())).orElse(routine);
  }

  private Planned planned(Change seen) {
    boolean files = seen.cause() == AttestationCause.FILES_MEASURED;
    Instant due =
        files
            ? earlier(seen.last().plus(pace.quiet()), seen.first().plus(pace.longestWait()))
            : seen.first();
    Duration apart = files ? pace.apartForFiles() : pace.apart();
    Instant last = lastAttempt;
    Instant allowed = last == null ? due : last.plus(apart);
    return new Planned(seen.cause(), due.isBefore(allowed) ? allowed : due);
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }
}
