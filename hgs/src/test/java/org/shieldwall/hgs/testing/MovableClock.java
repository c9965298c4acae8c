package org.shieldwall.hgs.testing;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** The real time, and as much of the future as a test asks for. */
public final class MovableClock implements InstantSource {
  private volatile Duration ahead = Duration.ZERO;

  public void advance(Duration by) {
    ahead = ahead.plus(by);
  }

  @Override
  public Instant instant() {
    return Instant.now().plus(ahead);
  }
}
