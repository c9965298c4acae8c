package org.shieldwall.hgs.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.store.HostRegister.Added;
import org.shieldwall.hgs.store.RegisteredHost.State;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.tpm.Bytes;

class DatabaseTest {
  private static final Instant NOW = Instant.ofEpochSecond(2_000_000_000);

  @TempDir private Path folder;

  private static RegisteredHost host(String name, String ek) {
    return new RegisteredHost(
        name, AttestationMode.TPM, ek, Bytes.ofText("key " + ek), "{}", State.REGISTERED, NOW, NOW);
  }

  @Test
  void givenANewDatabase_whenMade_thenOnlyItsOwnerReadsIt() throws Exception {
    Path file = folder.resolve("hgs.db");
    try (Database database = Database.create(file)) {
      database.probe(7);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      assertThat(Files.getPosixFilePermissions(folder.resolve("hgs.db-wal")))
          .isEqualTo(Files.getPosixFilePermissions(file));
    }
    assertThatThrownBy(() -> Database.create(file))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("exists already");
  }

  @Test
  void givenWhatWasWritten_whenOpenedAgain_thenItIsThere() throws Exception {
    Path file = folder.resolve("hgs.db");
    try (Database database = Database.create(file)) {
      database.write(writing -> HostRegister.add(writing, host("a", "01")));
    }
    try (Database database = Database.open(file)) {
      assertThat(database.read(HostRegister::all)).containsExactly(host("a", "01"));
    }
  }

  @Test
  void givenEachCommit_whenAsked_thenItIsForcedToTheDisk() throws Exception {
    try (Database database = Database.create(folder.resolve("hgs.db"))) {
      List<String> settings =
          database.write(writing ->
              List.of(
                  writing.createQuery("PRAGMA journal_mode").mapTo(String.class).one(),
                  writing.createQuery("PRAGMA synchronous").mapTo(String.class).one(),
                  writing.createQuery("PRAGMA foreign_keys").mapTo(String.class).one()));
      assertThat(settings).containsExactly("wal", "2", "1");
    }
  }

  @Test
  void givenNoDatabaseOrAnotherFile_whenOpened_thenTheReasonIsNamed() throws Exception {
    Path missing = folder.resolve("missing.db");
    assertThatThrownBy(() -> Database.open(missing))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("there is no database");
    Path other = folder.resolve("other.db");
    Files.writeString(
        other, "this is no database, and long enough to be looked at as one. ".repeat(20));
    assertThatThrownBy(() -> Database.open(other))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("not a database");
  }

  @Test
  void givenADatabaseOfANewerProgram_whenOpened_thenItIsLeftAlone() throws Exception {
    Path file = folder.resolve("hgs.db");
    try (Database database = Database.create(file)) {
      database.write(
          writing -> writing.execute("INSERT INTO schema_version (version) VALUES (99)"));
    }
    assertThatThrownBy(() -> Database.open(file))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("newer Shieldwall");
  }

  @Test
  void givenATransactionThatFails_whenRead_thenNothingOfItIsThere() throws Exception {
    try (Database database = Database.create(folder.resolve("hgs.db"))) {
      assertThatThrownBy(() ->
              database.write(writing -> {
                HostRegister.add(writing, host("a", "01"));
                throw new IllegalStateException("in between");
              }))
          .isInstanceOf(IllegalStateException.class);
      assertThat(database.read(HostRegister::all)).isEmpty();
    }
  }

  @Test
  void givenAnotherProcessesConnection_whenItWrites_thenThisOneSeesItAtOnce() throws Exception {
    Path file = folder.resolve("hgs.db");
    try (Database server = Database.create(file);
        Database command = Database.open(file)) {
      server.read(HostRegister::all);
      command.write(writing -> HostRegister.add(writing, host("a", "01")));
      assertThat(server.read(HostRegister::all)).hasSize(1);
      command.write(writing -> HostRegister.move(writing, "a", State.REMOVED, "", NOW));
      assertThat(server.read(reading -> HostRegister.byKey(reading, "01")).orElseThrow().state())
          .isEqualTo(State.REMOVED);
    }
  }

  @Test
  void givenANameOrKeyOnceUsed_whenAddedToAnother_thenItIsRefusedForEver() throws Exception {
    try (Database database = Database.create(folder.resolve("hgs.db"))) {
      assertThat(add(database, "a", "01")).isEqualTo(Added.NEW);
      assertThat(add(database, "a", "01")).isEqualTo(Added.ALREADY);
      assertThat(add(database, "a", "02")).isEqualTo(Added.NAME_TAKEN);
      assertThat(add(database, "b", "01")).isEqualTo(Added.KEY_TAKEN);
      database.write(writing -> HostRegister.move(writing, "a", State.REMOVED, "", NOW));
      assertThat(add(database, "a", "02")).isEqualTo(Added.NAME_TAKEN);
      assertThat(add(database, "b", "01")).isEqualTo(Added.KEY_TAKEN);
      assertThat(add(database, "a", "01")).isEqualTo(Added.AGAIN);
    }
  }

  private static Added add(Database database, String name, String ek) {
    return database.write(writing -> HostRegister.add(writing, host(name, ek)));
  }

  @Test
  void givenManyWhoAddOneNameAtOnce_whenDone_thenOneKeyHasIt() throws Exception {
    Path file = folder.resolve("hgs.db");
    try (Database one = Database.create(file);
        Database two = Database.open(file);
        ExecutorService adders = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Added>> attempts = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        String ek = "key" + i;
        Database mine = i % 2 == 0 ? one : two;
        attempts.add(() -> add(mine, "contested", ek));
      }
      List<Added> outcomes = new ArrayList<>();
      for (Future<Added> each : adders.invokeAll(attempts)) {
        outcomes.add(each.get());
      }
      assertThat(outcomes).containsOnlyOnce(Added.NEW);
      assertThat(outcomes.stream().filter(Added.NAME_TAKEN::equals)).hasSize(39);
      assertThat(one.read(HostRegister::all)).hasSize(1);
    }
  }
}
