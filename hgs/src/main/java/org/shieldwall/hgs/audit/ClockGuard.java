package org.shieldwall.hgs.audit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A clock that does not go back unseen. What runs out (challenges, certificates, spent tokens)
 * would count again if it did; so nothing is decided by a clock that is behind the newest thing it
 * dated, be it in this run of the service or in the audit record of an earlier one. A minute is let
 * pass: clocks are corrected by so much, and nothing is forgotten so soon after it ran out.
 */
public final class ClockGuard implements InstantSource {
  static final Duration TOLERANCE = Duration.ofMinutes(1);

  private final InstantSource clock;
  private Instant newest;

  /**
   * A guard of {@code clock}.
   *
   * @param newest the time of the newest record
   */
  public ClockGuard(InstantSource clock, Instant newest) {
    this.clock = clock;
    this.newest = newest;
  }

  /** The clock is behind what it showed before; the message says by how much. */
  public static final class ClockBehindException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClockBehindException(Instant now, Instant newest) {
      super("the service's clock says " + now + ", behind its own record of " + newest);
    }
  }

  /**
   * {@return the time}
   *
   * @throws ClockBehindException if it is behind what it was
   */
  @Override
  public synchronized Instant instant() {
    Instant now = clock.instant();
    if (now.isBefore(newest.minus(TOLERANCE))) {
      throw new ClockBehindException(now, newest);
    }
    if (now.isAfter(newest)) {
      newest = now;
    }
    return now;
  }
}
