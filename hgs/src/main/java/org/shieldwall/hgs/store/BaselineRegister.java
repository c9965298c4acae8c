package org.shieldwall.hgs.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/** Which boot baselines the administrator accepts, until when, and where each came from. */
public final class BaselineRegister {
  private static final String COLUMNS = "name, digest, document, added, expires, origin, succeeds";
  private static final RowMapper<Stored> ROW =
      (row, context) ->
          new Stored(
              row.getString("name"),
              row.getString("digest"),
              row.getString("document"),
              Instant.parse(row.getString("added")),
              expiry(row),
              row.getString("origin"),
              Optional.ofNullable(row.getString("succeeds")));

  private BaselineRegister() {}

  /**
   * One baseline.
   *
   * @param name unique; owners name it in their policies
   * @param digest SHA-256 of the document, hexadecimal
   * @param document JSON text
   * @param added when
   * @param expires from then on it counts no more; empty: never
   * @param origin what it was made of, in words
   * @param succeeds the baseline that it was approved in place of: a policy that accepts that one
   *     accepts this one too
   */
  public record Stored(
      String name,
      String digest,
      String document,
      Instant added,
      Optional<Instant> expires,
      String origin,
      Optional<String> succeeds) {
    /** {@return whether it counts at this time} */
    public boolean isGood(Instant now) {
      return expires.isEmpty() || now.isBefore(expires.get());
    }
  }

  private static Optional<Instant> expiry(ResultSet row) throws SQLException {
    long seconds = row.getLong("expires");
    return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
  }

  /** {@return whether the name was free; if not, nothing changed} */
  public static boolean add(Handle writing, Stored baseline) {
    boolean added =
        writing.execute(
                "INSERT INTO baseline ("
                    + COLUMNS
                    + ") VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
                baseline.name(),
                baseline.digest(),
                baseline.document(),
                baseline.added().toString(),
                baseline.expires().map(Instant::getEpochSecond).orElse(null),
                baseline.origin(),
                baseline.succeeds().orElse(null))
            == 1;
    PolicyRevision.advance(writing);
    return added;
  }

  /**
   * {@return whether there was one of this name to remove} What was approved in its place takes its
   * place: otherwise a policy that names the first of a line would lose the rest of it.
   */
  public static boolean remove(Handle writing, String name) {
    PolicyRevision.advance(writing);
    byName(writing, name)
        .flatMap(Stored::succeeds)
        .ifPresent(before ->
            writing.execute("UPDATE baseline SET succeeds = ? WHERE succeeds = ?", before, name));
    return writing.execute("DELETE FROM baseline WHERE name = ?", name) == 1;
  }

  /**
   * {@return whether there was one of this name}
   *
   * @param expires from when on it counts no more; empty: never
   */
  public static boolean expire(Handle writing, String name, Optional<Instant> expires) {
    PolicyRevision.advance(writing);
    return writing.execute(
            "UPDATE baseline SET expires = ? WHERE name = ?",
            expires.map(Instant::getEpochSecond).orElse(null),
            name)
        == 1;
  }

  /** {@return the baseline of this name} */
  public static Optional<Stored> byName(Handle handle, String name) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM baseline WHERE name = :name")
        .bind("name", name)
        .map(ROW)
        .findOne();
  }

  /** {@return every baseline, by name} */
  public static List<Stored> all(Handle handle) {
    return handle.createQuery("SELECT " + COLUMNS + " FROM baseline ORDER BY name").map(ROW).list();
  }
}
