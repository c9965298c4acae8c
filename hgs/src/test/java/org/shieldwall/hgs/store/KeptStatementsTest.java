package org.shieldwall.hgs.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptStatementsTest {
  private static final String INSERT = "INSERT INTO spots (id, word) VALUES (:id, :word)";
  private static final String SELECT = "SELECT word FROM spots WHERE id = :id";

  @TempDir private Path folder;
  private Database database;
  private final List<PreparedStatement> ran = new ArrayList<>();

  @BeforeEach
  void create() throws Exception {
    database = Database.create(folder.resolve("db"));
    database.write(handle ->
        handle.execute("CREATE TABLE spots (id INTEGER PRIMARY KEY, word TEXT NOT NULL) STRICT"));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Handle watched(Handle handle) {
    handle.setSqlLogger(
        new SqlLogger() {
          @Override
          public void logBeforeExecution(StatementContext context) {
            ran.add(context.getStatement());
          }
        });
    return handle;
  }

  private int insert(int id, String word) {
    return database.write(
        handle -> watched(handle).createUpdate(INSERT).bind("id", id).bind("word", word).execute());
  }

  @Test
  void givenAStatementThatRan_whenItRunsAgain_thenItIsTheSameWithNewValues() {
    insert(1, "one");
    insert(2, "two");
    assertThat(ran).hasSize(2);
    assertThat(ran.get(0)).isSameAs(ran.get(1));
    assertThat(word(1)).isEqualTo("one");
    assertThat(word(2)).isEqualTo("two");
  }

  private String word(int id) {
    return database.read(
        handle -> handle.createQuery(SELECT).bind("id", id).mapTo(String.class).one());
  }

  @Test
  void givenAStatementThatFailed_whenItRunsAgain_thenItWorks() throws SQLException {
    insert(1, "one");
    assertThatThrownBy(() -> insert(1, "again")).isInstanceOf(StoreUnavailableException.class);
    insert(2, "two");
    assertThat(word(2)).isEqualTo("two");
    assertThat(ran).isNotEmpty();
  }

  @Test
  void givenAParameterThatIsNotBound_whenItWasBoundBefore_thenItsOldValueIsNotUsed() {
    insert(1, "one");
    assertThatThrownBy(
            () -> database.write(handle -> handle.createUpdate(INSERT).bind("id", 2).execute()))
        .isInstanceOfAny(JdbiException.class, StoreUnavailableException.class);
    assertThat(
            database.<Integer>read(handle ->
                handle.createQuery("SELECT count(*) FROM spots").mapTo(Integer.class).one()))
        .isEqualTo(1);
  }

  @Test
  void givenAResultHalfRead_whenItsStatementRunsAgainBeside_thenBothAreRight() {
    insert(1, "one");
    insert(2, "two");
    List<String> words =
        database.read(handle -> {
          List<String> found = new ArrayList<>();
          try (var rows =
              handle
                  .createQuery("SELECT id FROM spots ORDER BY id")
                  .mapTo(Integer.class)
                  .iterator()) {
            while (rows.hasNext()) {
              found.add(
                  handle.createQuery(SELECT).bind("id", rows.next()).mapTo(String.class).one());
              assertThat(
                      handle
                          .createQuery("SELECT id FROM spots ORDER BY id")
                          .mapTo(Integer.class)
                          .list())
                  .containsExactly(1, 2);
            }
          }
          return found;
        });
    assertThat(words).containsExactly("one", "two");
  }

  @Test
  void givenAView_whenItIsWrittenMeanwhile_thenWhatIsReadInItStays() {
    insert(1, "one");
    try (Database.View _ = database.view()) {
      assertThat(word(1)).isEqualTo("one");
      insert(2, "two");
      try (Database.View inner = database.view()) {
        assertThat(inner).isNotNull();
        assertThatThrownBy(() -> word(2)).isInstanceOf(IllegalStateException.class);
      }
      assertThatThrownBy(() -> word(2)).isInstanceOf(IllegalStateException.class);
    }
    assertThat(word(2)).isEqualTo("two");
  }
}
