package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.shieldwall.tpm.Bytes;

/**
 * How much of each host's IMA list was accepted last, so that the host need send only what came
 * since. It holds for one boot and for one set of rules: the next boot starts its list anew, and
 * other rules have to be asked of every entry.
 */
public final class ImaProgress {
  private static final String COLUMNS =
      "host, rules, reset_count, restart_count, entries, pcr10, changed";
  private static final RowMapper<Stored> ROW =
      (row, context) ->
          new Stored(
              row.getString("host"),
              Bytes.ofHex(row.getString("rules")),
              row.getLong("reset_count"),
              row.getLong("restart_count"),
              row.getLong("entries"),
              Bytes.ofHex(row.getString("pcr10")),
              Instant.parse(row.getString("changed")));

  private ImaProgress() {}

  /**
   * What was accepted.
   *
   * @param host name of the host
   * @param rules digest of what the host was held to
   * @param resetCount of the quote that the entries were held against
   * @param restartCount of the same quote
   * @param entries how many were accepted
   * @param pcr10 what PCR 10 of the SHA-256 bank came to after them
   * @param changed when
   */
  public record Stored(
      String host,
      Bytes rules,
      long resetCount,
      long restartCount,
      long entries,
      Bytes pcr10,
      Instant changed) {}

  /** {@return what was accepted of this host's list last} */
  public static Optional<Stored> of(Handle handle, String host) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM ima_progress WHERE host = :host")
        .bind("host", host)
        .map(ROW)
        .findOne();
  }

  /** Forgets what was accepted of this host's list: it is judged from its beginning again. */
  static void forget(Handle writing, String host) {
    writing.execute("DELETE FROM ima_progress WHERE host = ?", host);
  }

  /** Keeps what was accepted now, in the caller's writing transaction. */
  public static void put(Handle writing, Stored progress) {
    writing.execute(
        "INSERT INTO ima_progress ("
            + COLUMNS
            + ") VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (host) DO UPDATE SET"
            + " rules = excluded.rules, reset_count = excluded.reset_count,"
            + " restart_count = excluded.restart_count, entries = excluded.entries,"
            + " pcr10 = excluded.pcr10, changed = excluded.changed",
        progress.host(),
        progress.rules().hex(),
        progress.resetCount(),
        progress.restartCount(),
        progress.entries(),
        progress.pcr10().hex(),
        progress.changed().toString());
  }
}
