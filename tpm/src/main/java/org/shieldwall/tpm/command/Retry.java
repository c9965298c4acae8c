package org.shieldwall.tpm.command;

import java.time.Duration;

/**
 * How often a command is sent again when the TPM is busy (TPM_RC_RETRY, YIELDED, TESTING, NV_RATE),
 * and after which pause; each pause is twice the one before, up to a second.
 *
 * @param attempts how often it is sent at most, the first time included
 * @param firstPause before the second attempt
 */
public record Retry(int attempts, Duration firstPause) {
  /** Seven attempts within about 1.3 seconds. */
  public static final Retry USUAL = new Retry(7, Duration.ofMillis(20));

  private static final Duration LONGEST = Duration.ofSeconds(1);

  /** Refuses no attempt at all. */
  public Retry {
    if (attempts < 1 || firstPause.isNegative()) {
      throw new IllegalArgumentException(attempts + " attempts, " + firstPause);
    }
  }

  /** Waits before attempt {@code next}, counted from 2. */
  void pauseBefore(int next) throws InterruptedException {
    Duration pause = firstPause.multipliedBy(1L << Math.min(next - 2, 16));
    Thread.sleep(pause.compareTo(LONGEST) > 0 ? LONGEST : pause);
  }
}
