package org.shieldwall.hgs.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GroupCommitTest {
  @TempDir private Path folder;
  private Database database;
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

  @BeforeEach
  void open() throws Exception {
    database = Database.create(folder.resolve("hgs.db"));
    database.write(writing -> writing.execute("CREATE TABLE note (text TEXT NOT NULL UNIQUE)"));
  }

  @AfterEach
  void close() {
    callers.close();
    database.close();
  }

  private static int note(Handle writing, String text) {
    return writing.execute("INSERT INTO note (text) VALUES (?)", text);
  }

  private List<String> notes() {
    return database.read(reading ->
        reading.createQuery("SELECT text FROM note ORDER BY rowid").mapTo(String.class).list());
  }

  /**
   * Starts {@code works} so that all of them come, in this order, while another is being written.
   */
  private <T> List<Future<T>> together(List<Callable<T>> works) throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Future<?> first =
        callers.submit(() ->
            database.write(writing -> {
              begun.countDown();
              return await(goOn);
            }));
    begun.await();
    List<Future<T>> all = new ArrayList<>();
    for (Callable<T> work : works) {
      int before = database.waiting();
      all.add(callers.submit(work));
      while (database.waiting() == before) {
        Thread.onSpinWait();
      }
    }
    goOn.countDown();
    first.get();
    return all;
  }

  private static boolean await(CountDownLatch latch) {
    try {
      latch.await();
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Callable<Handle> noting(String text) {
    return () ->
        database.write(writing -> {
          note(writing, text);
          return writing;
        });
  }

  private static <T> List<T> results(List<Future<T>> futures) throws Exception {
    List<T> results = new ArrayList<>();
    for (Future<T> each : futures) {
      results.add(each.get());
    }
    return results;
  }

  @Test
  void givenManyWhoWriteAtOnce_whenTheDiskIsWaitedFor_thenTheyShareOneTransactionInTheirOrder()
      throws Exception {
    List<Callable<Handle>> works = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      texts.add("note " + i);
      works.add(noting("note " + i));
    }
    Set<Handle> transactions = new HashSet<>(results(together(works)));
    assertThat(transactions).hasSize(1);
    assertThat(notes()).isEqualTo(texts);
  }

  @Test
  void givenMoreThanAGroupTakes_whenWritten_thenTheRestGoesWithTheNext() throws Exception {
    List<Callable<Handle>> works = new ArrayList<>();
    for (int i = 0; i < GroupCommit.LARGEST_GROUP + 10; i++) {
      works.add(noting("note " + i));
    }
    List<Handle> transactions = results(together(works));
    assertThat(transactions.subList(0, GroupCommit.LARGEST_GROUP))
        .containsOnly(transactions.get(0));
    assertThat(transactions.getLast()).isNotSameAs(transactions.getFirst());
    assertThat(notes()).hasSize(GroupCommit.LARGEST_GROUP + 10);
  }

  @Test
  void givenOneOfAGroupThatFails_whenWritten_thenNothingOfItAndAllOfTheOthersIsKept()
      throws Exception {
    List<Future<Handle>> all =
        together(
            List.of(
                noting("before"),
                () ->
                    database.write(writing -> {
                      note(writing, "half");
                      throw new IllegalStateException("in between");
                    }),
                () ->
                    database.write(writing -> {
                      note(writing, "also half");
                      note(writing, "before");
                      return writing;
                    }),
                noting("after")));
    assertThatThrownBy(() -> all.get(1).get())
        .isInstanceOf(ExecutionException.class)
        .hasRootCauseInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage("in between");
    assertThatThrownBy(() -> all.get(2).get())
        .hasCauseInstanceOf(StoreUnavailableException.class)
        .hasStackTraceContaining("UNIQUE");
    assertThat(all.get(0).get()).isSameAs(all.get(3).get());
    assertThat(notes()).containsExactly("before", "after");
  }

  @Test
  void givenATransactionThatTheDatabaseGivesUp_whenWritten_thenNobodyIsToldThatItIsDone()
      throws Exception {
    List<Future<Handle>> all =
        together(
            List.of(
                noting("before"),
                // What SQLite does by itself when the disk is full in the middle of a statement.
                () ->
                    database.write(writing -> {
                      writing.execute("ROLLBACK");
                      throw new IllegalStateException("given up");
                    }),
                noting("after")));
    for (Future<Handle> each : all) {
      assertThatThrownBy(each::get).hasCauseInstanceOf(StoreUnavailableException.class);
    }
    assertThat(notes()).isEmpty();
    noting("later").call();
    assertThat(notes()).containsExactly("later");
  }

  @Test
  void givenWorkThatWritesInsideOfItself_whenRun_thenItIsRefusedAndDoesNotHang() {
    assertThatThrownBy(
            () -> database.write(writing -> database.write(inner -> note(inner, "inner"))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("inside of another");
    assertThat(notes()).isEmpty();
  }

  @Test
  void givenACallerWhoIsInterrupted_whenTheWorkIsDone_thenItIsStillToldSo() throws Exception {
    Thread.currentThread().interrupt();
    int written = database.write(writing -> note(writing, "done"));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(written).isEqualTo(1);
    assertThat(notes()).containsExactly("done");
  }

  @Test
  void givenWhatWasAskedFor_whenTheStoreIsClosed_thenItIsFinishedAndNothingMoreTaken()
      throws Exception {
    List<Future<Handle>> all = together(List.of(noting("one"), noting("two")));
    database.close();
    assertThat(results(all)).hasSize(2);
    assertThatThrownBy(() -> noting("three").call())
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("closed");
    try (Database again = Database.open(folder.resolve("hgs.db"))) {
      int count =
          again.read(reading ->
              reading.createQuery("SELECT COUNT(*) FROM note").mapTo(Integer.class).one());
      assertThat(count).isEqualTo(2);
    }
  }
}
