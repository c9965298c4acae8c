package org.shieldwall.hgs.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.protocol.ProblemType;

/** Refusals are recorded, and nobody fills the disk with them at will. */
class AuditedRefusalsTest {
  private static final int BURST = 200;

  @Test
  void givenMoreRefusalsThanARecordTakes_whenAsked_thenTheyAreSentAwayUnrecorded(
      @TempDir Path folder) throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    InstantSource clock = now::get;
    AuditLog log = new AuditLog(clock);
    try (Database database = Database.create(folder.resolve("hgs.db"))) {
      AuditedRefusals refusals = new AuditedRefusals(database, log, clock);
      int recorded = 0;
      for (int i = 0; i < 10 * BURST && refusalIsRecorded(refusals); i++) {
        recorded++;
      }
      assertThat(recorded).isEqualTo(BURST);
      long newest = newest(database, log);
      assertThat(newest).isEqualTo(recorded);
      now.set(Instant.EPOCH.plusSeconds(60));
      assertThat(refusalIsRecorded(refusals)).isTrue();
      assertThat(newest(database, log)).isEqualTo(newest + 1);
    }
  }

  @Test
  void givenAClockThatWasSetBack_whenAsked_thenRefusalsAreStillRecorded(@TempDir Path folder)
      throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH.plusSeconds(86_400));
    InstantSource clock = now::get;
    try (Database database = Database.create(folder.resolve("hgs.db"))) {
      AuditedRefusals refusals = new AuditedRefusals(database, new AuditLog(clock), clock);
      assertThat(refusalIsRecorded(refusals)).isTrue();
      now.set(Instant.EPOCH);
      assertThat(refusalIsRecorded(refusals)).isTrue();
    }
  }

  private static boolean refusalIsRecorded(AuditedRefusals refusals) {
    return refusals
            .refuse(
                AuditKind.RELEASE_REFUSED,
                ProblemType.RELEASE_REFUSED,
                "vm a",
                "no",
                List.of(),
                Map.of())
            .problem()
            .status()
        != ProblemType.TOO_MANY.status();
  }

  private static long newest(Database database, AuditLog log) {
    return database.read(reading -> log.last(reading).orElseThrow().seq());
  }
}
