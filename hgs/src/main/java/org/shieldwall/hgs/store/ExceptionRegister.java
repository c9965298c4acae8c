package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/** Checks that one host need not pass, for a while. */
public final class ExceptionRegister {
  private static final RowMapper<CheckException> ROW =
      (row, context) ->
          new CheckException(
              row.getString("host"),
              row.getString("check_name"),
              Instant.ofEpochSecond(row.getLong("expires")),
              row.getString("reason"),
              Instant.parse(row.getString("added")));
  private static final String COLUMNS = "host, check_name, expires, reason, added";

  private ExceptionRegister() {}

  /**
   * One exception.
   *
   * @param host name of the host
   * @param check label of the check
   * @param expires from then on the host has to pass again
   * @param reason what the administrator said
   * @param added when
   */
  public record CheckException(
      String host, String check, Instant expires, String reason, Instant added) {}

  /** Makes an exception, in place of one that the host has for the check. */
  public static void put(Handle writing, CheckException exception) {
    writing.execute(
        "INSERT INTO check_exception ("
            + COLUMNS
            + ") VALUES (?, ?, ?, ?, ?) ON CONFLICT (host, check_name) DO UPDATE SET"
            + " expires = excluded.expires, reason = excluded.reason, added = excluded.added",
        exception.host(),
        exception.check(),
        exception.expires().getEpochSecond(),
        exception.reason(),
        exception.added().toString());
    PolicyRevision.advance(writing);
  }

  /** {@return whether there was one to remove} */
  public static boolean remove(Handle writing, String host, String check) {
    PolicyRevision.advance(writing);
    return writing.execute(
            "DELETE FROM check_exception WHERE host = ? AND check_name = ?", host, check)
        == 1;
  }

  /** {@return every exception, expired ones too, by host and check} */
  public static List<CheckException> all(Handle handle) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM check_exception ORDER BY host, check_name")
        .map(ROW)
        .list();
  }
}
