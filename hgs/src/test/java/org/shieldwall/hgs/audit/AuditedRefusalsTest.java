package org.shieldwall.hgs.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ProblemType;

class AuditedRefusalsTest {
  @TempDir private Path folder;

  @Test
  void givenMoreRefusalsThanTheRecordTakes_whenAsked_thenTheRestAreSentAway() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.ofEpochSecond(2_000_000_000));
    InstantSource clock = now::get;
    try (Database database = Database.create(folder.resolve("hgs.db"))) {
      AuditLog log = new AuditLog(clock);
      AuditedRefusals refusals = new AuditedRefusals(database, log, clock);
      for (int i = 0; i < 200; i++) {
        Problem problem = refuse(refusals);
        assertThat(problem.status()).as("refusal %d", i).isEqualTo(403);
      }
      assertThat(refuse(refusals).status()).isEqualTo(429);
      long records = database.read(reading -> log.last(reading).orElseThrow().seq());
      assertThat(records).isEqualTo(200);

      now.set(now.get().plus(Duration.ofMillis(100)));
      assertThat(refuse(refusals).status()).isEqualTo(403);
      assertThat(refuse(refusals).status()).isEqualTo(403);
      assertThat(refuse(refusals).status()).isEqualTo(429);
    }
  }

  private static Problem refuse(AuditedRefusals refusals) {
    return refusals
        .refuse(
            AuditKind.ATTESTATION_REFUSED,
            ProblemType.ATTESTATION_REFUSED,
            "unknown host",
            "detail",
            List.of(),
            Map.of())
        .problem();
  }
}
