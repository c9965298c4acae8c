package org.shieldwall.hgs.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.StoreUnavailableException;

/** The record is chained: what was written stays, or its absence shows. */
class AuditLogTest {
  @TempDir private Path folder;
  private Path file;
  private Database database;
  private final AuditLog log = new AuditLog(InstantSource.system());

  @BeforeEach
  void open() throws Exception {
    file = folder.resolve("hgs.db");
    database = Database.create(file);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private AuditRecord append(String subject) {
    return database.write(
        writing -> log.append(writing, AuditKind.HOST_ADDED, subject, Map.of("ek", "ab")));
  }

  private ChainCheck verify(Optional<String> noted) {
    return database.read(reading -> log.verify(reading, noted));
  }

  @Test
  void givenRecords_whenVerified_thenTheyHoldAndTheHeadIsTheNewest() {
    append("a");
    AuditRecord second = append("b");
    assertThat(verify(Optional.empty())).isEqualTo(new ChainCheck.Intact(2, second.hash()));
  }

  @Test
  void givenNoRecords_whenVerified_thenTheFirstIsMissing() {
    assertThat(verify(Optional.empty())).isInstanceOf(ChainCheck.Broken.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE audit SET subject = 'x' WHERE seq = 2",
        "UPDATE audit SET detail = '{}' WHERE seq = 2",
        "UPDATE audit SET at = '2020-01-01T00:00:00Z' WHERE seq = 2",
        "UPDATE audit SET previous = (SELECT hash FROM audit WHERE seq = 3) WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 1",
      })
  void givenARecordRewrittenBehindTheServicesBack_whenVerified_thenItShows(String attack)
      throws Exception {
    append("a");
    append("b");
    append("c");
    assertThatThrownBy(() -> database.write(writing -> writing.execute(attack)))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("only appended");
    assertThat(verify(Optional.empty())).isInstanceOf(ChainCheck.Intact.class);

    dropTriggersAnd(attack);
    assertThat(verify(Optional.empty())).isInstanceOf(ChainCheck.Broken.class);
  }

  @Test
  void givenTheEndCutOff_whenVerifiedAgainstANotedHash_thenItShows() throws Exception {
    append("a");
    AuditRecord last = append("b");
    assertThat(verify(Optional.of(last.hash()))).isInstanceOf(ChainCheck.Intact.class);
    dropTriggersAnd("DELETE FROM audit WHERE seq = 2");
    assertThat(verify(Optional.empty())).isInstanceOf(ChainCheck.Intact.class);
    assertThat(verify(Optional.of(last.hash()))).isInstanceOf(ChainCheck.Broken.class);
  }

  @Test
  void givenManyWritersAtOnce_whenAppending_thenTheChainHolds() {
    try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 100; i++) {
        String subject = "host " + i;
        writers.execute(() -> append(subject));
      }
    }
    assertThat(verify(Optional.empty()))
        .isInstanceOfSatisfying(
            ChainCheck.Intact.class, intact -> assertThat(intact.records()).isEqualTo(100));
  }

  private void dropTriggersAnd(String attack) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TRIGGER audit_is_not_edited");
      statement.execute("DROP TRIGGER audit_is_not_shortened");
      assertThat(statement.executeUpdate(attack)).isEqualTo(1);
    }
  }
}
