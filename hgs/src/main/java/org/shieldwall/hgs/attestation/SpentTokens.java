package org.shieldwall.hgs.attestation;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Handle;

/**
 * The ids of used tokens, on disk until they expire. Inserting one is what makes it used: the
 * primary key lets one attempt win, on any node and after any restart.
 */
final class SpentTokens {
  private static final long SWEEP_SECONDS = 60;

  /** Kept longer than they are good, by more than the clock may go back. */
  private static final long KEPT_SECONDS = 300;

  private final AtomicLong nextSweep = new AtomicLong();

  /** {@return whether this is the token's first use} */
  boolean spend(Handle writing, ChallengeToken token, Instant now) {
    sweep(writing, now.getEpochSecond());
    return writing.execute(
            "INSERT INTO spent_token (id, expires) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
            token.id().hex(),
            token.expires().getEpochSecond())
        == 1;
  }

  /** {@return whether it was used}; only {@link #spend} decides. */
  boolean isSpent(Handle reading, ChallengeToken token) {
    return reading
        .createQuery("SELECT 1 FROM spent_token WHERE id = :id")
        .bind("id", token.id().hex())
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  private void sweep(Handle writing, long now) {
    long due = nextSweep.get();
    if (now >= due && nextSweep.compareAndSet(due, now + SWEEP_SECONDS)) {
      writing.execute("DELETE FROM spent_token WHERE expires < ?", now - KEPT_SECONDS);
    }
  }
}
