package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/** Which boot baselines the administrator accepts: a host must match one of them. */
public final class BaselineRegister {
  private static final RowMapper<Stored> ROW =
      (row, context) ->
          new Stored(
              row.getString("name"),
              row.getString("digest"),
              row.getString("document"),
              Instant.parse(row.getString("added")));

  private BaselineRegister() {}

  /**
   * One baseline.
   *
   * @param name unique; owners name it in their policies
   * @param digest SHA-256 of the document, hexadecimal
   * @param document JSON text
   * @param added when
   */
  public record Stored(String name, String digest, String document, Instant added) {}

  /** {@return whether the name was free; if not, nothing changed} */
  public static boolean add(Handle writing, Stored baseline) {
    return writing.execute(
            "INSERT INTO baseline (name, digest, document, added) VALUES (?, ?, ?, ?)"
                + " ON CONFLICT (name) DO NOTHING",
            baseline.name(),
            baseline.digest(),
            baseline.document(),
            baseline.added().toString())
        == 1;
  }

  /** {@return whether there was one of this name to remove} */
  public static boolean remove(Handle writing, String name) {
    return writing.execute("DELETE FROM baseline WHERE name = ?", name) == 1;
  }

  /** {@return the baseline of this name} */
  public static Optional<Stored> byName(Handle handle, String name) {
    return handle
        .createQuery("SELECT name, digest, document, added FROM baseline WHERE name = :name")
        .bind("name", name)
        .map(ROW)
        .findOne();
  }

  /** {@return every baseline, by name} */
  public static List<Stored> all(Handle handle) {
    return handle
        .createQuery("SELECT name, digest, document, added FROM baseline ORDER BY name")
        .map(ROW)
        .list();
  }

  /** {@return the digest of each baseline, by name} */
  public static Map<String, String> digests(Handle handle) {
    return handle
        .createQuery("SELECT name, digest FROM baseline")
        .map((row, context) -> Map.entry(row.getString("name"), row.getString("digest")))
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
  }
}
