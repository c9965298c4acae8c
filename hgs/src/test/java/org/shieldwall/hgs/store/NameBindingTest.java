package org.shieldwall.hgs.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.shieldwall.hgs.testing.AddingProcess.host;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.store.HostRegister.Added;
import org.shieldwall.hgs.store.RegisteredHost.State;
import org.shieldwall.hgs.testing.AddingProcess;

/** A name is one TPM's for ever: whoever asks, however many at once, and past our own code. */
class NameBindingTest {
  private static final int NAMES = 40;

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void make() throws Exception {
    file = folder.resolve("hgs.db");
    Database.create(file).close();
  }

  @Test
  void givenTwoProcessesThatAddTheSameNames_whenBothAreDone_thenEachNameHasOneKey()
      throws Exception {
    Path start = folder.resolve("start");
    Process one = adding(start, "one");
    Process two = adding(start, "two");
    try (BufferedReader first = one.inputReader(StandardCharsets.UTF_8);
        BufferedReader second = two.inputReader(StandardCharsets.UTF_8)) {
      assertThat(first.readLine()).isEqualTo("ready");
      assertThat(second.readLine()).isEqualTo("ready");
      Files.createFile(start);
      for (int i = 0; i < NAMES; i++) {
        assertThat(List.of(first.readLine(), second.readLine()))
            .as("name %d", i)
            .containsExactlyInAnyOrder("NEW", "NAME_TAKEN");
      }
    } finally {
      one.destroyForcibly();
      two.destroyForcibly();
    }
    try (Database database = Database.open(file)) {
      assertThat(database.read(HostRegister::all)).hasSize(NAMES);
    }
  }

  private Process adding(Path start, String key) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            AddingProcess.class.getName(),
            file.toString(),
            start.toString(),
            key,
            "" + NAMES)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  @Test
  void givenAKeyThatManyNamesWant_whenAddedAtOnceFromTwoConnections_thenItHasOne()
      throws Exception {
    int attempts = 24;
    CyclicBarrier together = new CyclicBarrier(attempts);
    try (Database one = Database.open(file);
        Database two = Database.open(file);
        ExecutorService adders = Executors.newFixedThreadPool(attempts)) {
      List<Callable<Added>> tries = new ArrayList<>();
      for (int i = 0; i < attempts; i++) {
        RegisteredHost wanted = host("name-" + i, "the-key");
        Database mine = i % 2 == 0 ? one : two;
        tries.add(() -> {
          together.await();
          return mine.write(writing -> HostRegister.add(writing, wanted));
        });
      }
      List<Added> outcomes = new ArrayList<>();
      for (Future<Added> each : adders.invokeAll(tries)) {
        outcomes.add(each.get());
      }
      assertThat(outcomes).containsOnlyOnce(Added.NEW);
      assertThat(outcomes.stream().filter(Added.KEY_TAKEN::equals)).hasSize(attempts - 1);
    }
  }

  @Test
  void givenARemovedHost_whenItsNameOrKeyIsWantedByAnother_thenTheyStayBound() throws Exception {
    try (Database database = Database.open(file)) {
      database.write(writing -> HostRegister.add(writing, host("a", "01")));
      database.write(writing ->
          HostRegister.move(writing, "a", State.REMOVED, "", Instant.EPOCH.plusSeconds(9)));
      assertThat(add(database, "a", "02")).isEqualTo(Added.NAME_TAKEN);
      assertThat(add(database, "b", "01")).isEqualTo(Added.KEY_TAKEN);
      assertThat(add(database, "a", "01")).isEqualTo(Added.AGAIN);
    }
  }

  private static Added add(Database database, String name, String key) {
    return database.write(writing -> HostRegister.add(writing, host(name, key)));
  }

  /** With SQLite's own connection, as any other program would write. */
  @Test
  void givenTheDatabaseItself_whenARowIsToBecomeAnotherTpms_thenItRefuses() throws Exception {
    try (Database database = Database.open(file)) {
      assertThat(add(database, "a", "01")).isEqualTo(Added.NEW);
      database.write(writing ->
          HostRegister.move(writing, "a", State.REMOVED, "", Instant.EPOCH.plusSeconds(9)));
    }
    try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = raw.createStatement()) {
      for (String change :
          List.of(
              "DELETE FROM host",
              "UPDATE host SET ek = '02'",
              "UPDATE host SET ek_public = '00'",
              "UPDATE host SET name = 'b'",
              "UPDATE host SET mode = 'host-key'",
              "INSERT INTO host SELECT 'a', mode, '02', ek_public, identity, state, reason, labels,"
                  + " added, changed FROM host",
              "INSERT INTO host SELECT 'b', mode, '01', ek_public, identity, state, reason, labels,"
                  + " added, changed FROM host",
              "INSERT OR REPLACE INTO host SELECT 'a', mode, '02', ek_public, identity, state,"
                  + " reason, labels, added, changed FROM host")) {
        assertThatThrownBy(() -> statement.executeUpdate(change))
            .as(change)
            .isInstanceOf(SQLException.class);
      }
      assertThat(statement.executeUpdate("UPDATE host SET state = 'registered'")).isEqualTo(1);
    }
    try (Database database = Database.open(file)) {
      assertThat(database.read(HostRegister::all))
          .singleElement()
          .satisfies(each -> {
            assertThat(each.name()).isEqualTo("a");
            assertThat(each.ek()).isEqualTo("01");
          });
    }
  }
}
