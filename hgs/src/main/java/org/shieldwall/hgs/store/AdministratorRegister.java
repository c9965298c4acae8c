package org.shieldwall.hgs.store;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.ProtectorException;

/** Whose words break a lease. */
public final class AdministratorRegister {
  /** One of them, by the key that is used for it. */
  public record Registered(Guardian holder, Instant added) {}

  private static final RowMapper<Registered> ROW =
      (row, context) ->
          new Registered(
              document(row.getString("document")), Instant.parse(row.getString("added")));

  private AdministratorRegister() {}

  private static Guardian document(String text) {
    try {
      return Guardian.parse(text.getBytes(StandardCharsets.UTF_8));
    } catch (ProtectorException e) {
      throw new IllegalStateException("an administrator's document in the store is not whole", e);
    }
  }

  /** {@return whether id and name were free; if not, nothing changed} */
  public static boolean add(Handle writing, Guardian holder, Instant now) {
    return writing.execute(
            "INSERT INTO administrator (id, name, document, added) VALUES (?, ?, ?, ?)"
                + " ON CONFLICT DO NOTHING",
            holder.id().text(),
            holder.name(),
            new String(holder.toBytes(), StandardCharsets.UTF_8),
            now.toString())
        == 1;
  }

  /** {@return whether there was one with this id to remove} */
  public static boolean remove(Handle writing, String id) {
    return writing.execute("DELETE FROM administrator WHERE id = ?", id) == 1;
  }

  /** {@return the one with this id} */
  public static Optional<Registered> byId(Handle handle, String id) {
    return handle
        .createQuery("SELECT document, added FROM administrator WHERE id = :id")
        .bind("id", id)
        .map(ROW)
        .findOne();
  }

  /** {@return every one, by name} */
  public static List<Registered> all(Handle handle) {
    return handle
        .createQuery("SELECT document, added FROM administrator ORDER BY name")
        .map(ROW)
        .list();
  }
}
