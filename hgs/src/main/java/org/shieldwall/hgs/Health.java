package org.shieldwall.hgs;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.StoreUnavailableException;
import org.shieldwall.protector.Json;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;

/**
 * Says whether the service can do its work, which it can only if it can write: it tries, at most
 * once a second however often it is asked.
 */
final class Health {
  private static final Duration GOOD_FOR = Duration.ofSeconds(1);
  private static final String VERSION = "0.1.0";

  private final Database database;
  private final InstantSource clock;
  private Instant tried = Instant.EPOCH;
  private boolean writable;

  Health(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  byte[] answer() throws RefusedException {
    if (!isWritable()) {
      throw new RefusedException(
          Problem.of(
              ProblemType.NOT_READY, "its store cannot be written", UUID.randomUUID(), List.of()));
    }
    return Json.bytes(Json.object().put("status", "up").put("version", VERSION));
  }

  private synchronized boolean isWritable() {
    Instant now = clock.instant();
    if (Duration.between(tried, now).abs().compareTo(GOOD_FOR) >= 0) {
      tried = now;
      try {
        database.probe(now.getEpochSecond());
        writable = true;
      } catch (StoreUnavailableException e) {
        writable = false;
      }
    }
    return writable;
  }
}
