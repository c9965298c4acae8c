package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/** Whose members may attest in directory mode. */
public final class GroupRegister {
  private static final String COLUMNS = "sid, name, added";
  private static final RowMapper<DirectoryGroup> ROW =
      (row, context) ->
          new DirectoryGroup(
              row.getString("sid"), row.getString("name"), Instant.parse(row.getString("added")));

  private GroupRegister() {}

  /** {@return whether SID and name were free; if not, nothing changed} */
  public static boolean add(Handle writing, DirectoryGroup group) {
    return writing.execute(
            "INSERT INTO directory_group (" + COLUMNS + ") VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            group.sid(),
            group.name(),
            group.added().toString())
        == 1;
  }

  /** {@return whether there was a group with this SID to remove} */
  public static boolean remove(Handle writing, String sid) {
    return writing.execute("DELETE FROM directory_group WHERE sid = ?", sid) == 1;
  }

  /** {@return the group with this SID} */
  public static Optional<DirectoryGroup> bySid(Handle handle, String sid) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM directory_group WHERE sid = :sid")
        .bind("sid", sid)
        .map(ROW)
        .findOne();
  }

  /** {@return every group, by name} */
  public static List<DirectoryGroup> all(Handle handle) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM directory_group ORDER BY name")
        .map(ROW)
        .list();
  }
}
