package org.shieldwall.hgs.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * The service's database: SQLite in write-ahead mode, every commit forced to the disk before it
 * returns.
 *
 * <p>There is one writer at a time in this process ({@link GroupCommit}), and one among processes
 * (each transaction begins with SQLite's write lock, waiting {@value #BUSY_MILLIS} ms for it): the
 * administrator's commands write the same file while the server runs, and the server sees what they
 * wrote with its next statement.
 */
public final class Database implements AutoCloseable {
  private static final int BUSY_MILLIS = 5_000;
  private static final int READERS = 8;
  private static final String PROBE_ROOM = "x".repeat(48 << 10);

  private static final ThreadLocal<@Nullable Viewed> VIEWED = new ThreadLocal<>();

  private final HikariDataSource writer;
  private final HikariDataSource readers;
  private final GroupCommit write;
  private final Jdbi read;

  private Database(HikariDataSource writer, HikariDataSource readers) {
    this.writer = writer;
    this.readers = readers;
    this.write = new GroupCommit(jdbi(writer));
    this.read = jdbi(readers);
  }

  private static Jdbi jdbi(HikariDataSource pool) {
    return Jdbi.create(pool).setStatementBuilderFactory(new KeptStatements());
  }

  /**
   * Makes {@code file} (readable by its owner alone) with the newest schema.
   *
   * @throws StoreException if it exists already or cannot be written
   */
  public static Database create(Path file) throws StoreException {
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException e) {
      throw new StoreException("the database " + file + " exists already", e);
    } catch (IOException e) {
      throw new StoreException(
          "the database " + file + " cannot be made: " + StoreException.reason(e), e);
    }
    return connect(file);
  }

  /**
   * Opens {@code file} and brings its schema up to date.
   *
   * @throws StoreException if it is missing, is no database, is damaged, or was written by a newer
   *     version of this program
   */
  public static Database open(Path file) throws StoreException {
    if (!Files.exists(file)) {
      throw new StoreException("there is no database " + file);
    }
    if (!Files.isReadable(file) || !Files.isWritable(file)) {
      throw new StoreException("the database " + file + " cannot be read and written by this user");
    }
    return connect(file);
  }

  private static Database connect(Path file) throws StoreException {
    HikariDataSource writer = null;
    try {
      writer = pool(file, "hgs-writer", 1, SQLiteConfig.TransactionMode.IMMEDIATE);
      Database database =
          new Database(
              writer, pool(file, "hgs-reader", READERS, SQLiteConfig.TransactionMode.DEFERRED));
      database.write(Schema::bringUpToDate);
      return database;
    } catch (StoreUnavailableException | Schema.NewerSchemaException e) {
      closeQuietly(writer);
      throw new StoreException(
          "the database " + file + " cannot be used: " + StoreException.reason(e), e);
    } catch (RuntimeException e) {
      closeQuietly(writer);
      throw new StoreException(
          "the database " + file + " cannot be opened: " + StoreException.reason(e), e);
    }
  }

  private static void closeQuietly(@Nullable HikariDataSource pool) {
    if (pool != null) {
      pool.close();
    }
  }

  private static HikariDataSource pool(
      Path file, String name, int size, SQLiteConfig.TransactionMode mode) {
    SQLiteConfig sqlite = new SQLiteConfig();
    sqlite.setJournalMode(SQLiteConfig.JournalMode.WAL);
    sqlite.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    sqlite.setBusyTimeout(BUSY_MILLIS);
    sqlite.enforceForeignKeys(true);
    sqlite.setTransactionMode(mode);
    SQLiteDataSource source = new SQLiteDataSource(sqlite);
    source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
    HikariConfig config = new HikariConfig();
    config.setDataSource(source);
    config.setPoolName(name);
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(2L * BUSY_MILLIS);
    return new HikariDataSource(config);
  }

  /**
   * Runs {@code work} in one transaction that excludes every other writer; work of other callers
   * may go before and after it in the same. What it wrote is on the disk when this returns; if
   * {@code work} throws, nothing of it is kept.
   *
   * @throws StoreUnavailableException if the database refuses: full disk, lost file, lock not got
   */
  public <T> T write(Function<Handle, T> work) {
    try {
      return write.write(work);
    } catch (JdbiException e) {
      throw new StoreUnavailableException("the store cannot be written", e);
    }
  }

  /** Runs {@code work}, which only reads, on a consistent view of the database. */
  public <T> T read(Function<Handle, T> work) {
    try {
      @Nullable Handle handle = viewed();
      return handle != null ? work.apply(handle) : read.inTransaction(work::apply);
    } catch (JdbiException e) {
      throw new StoreUnavailableException("the store cannot be read", e);
    }
  }

  /**
   * Until it is closed, every {@link #read} of this thread is of one moment, and costs less than
   * one by itself. One of {@value #READERS} readers is this thread's for so long: it must not wait
   * for anything but the processor.
   */
  public View view() {
    if (viewed() != null) {
      return () -> {}; // the one outside ends it
    }
    Handle handle = opened();
    VIEWED.set(new Viewed(this, handle));
    return () -> {
      VIEWED.remove();
      try (handle) {
        handle.rollback();
      } catch (JdbiException e) {
        throw new StoreUnavailableException("the store cannot be read", e);
      }
    };
  }

  private Handle opened() {
    @Nullable Handle handle = null;
    try {
      handle = read.open();
      return handle.begin();
    } catch (JdbiException e) {
      if (handle != null) {
        handle.close();
      }
      throw new StoreUnavailableException("the store cannot be read", e);
    }
  }

  private record Viewed(Database database, Handle handle) {}

  private @Nullable Handle viewed() {
    @Nullable Viewed now = VIEWED.get();
    return now != null && now.database() == this ? now.handle() : null;
  }

  /** A moment of the database. */
  public interface View extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Writes as much as a release does and waits for the disk: the only honest answer to "can it be
   * written?".
   */
  public void probe(long epochSecond) {
    write(handle ->
        handle.execute("UPDATE probe SET at = ?, room = ? WHERE id = 1", epochSecond, PROBE_ROOM));
  }

  /** {@return how many wait to write} */
  int waiting() {
    return write.waiting();
  }

  @Override
  public void close() {
    write.close();
    readers.close();
    writer.close();
  }
}
