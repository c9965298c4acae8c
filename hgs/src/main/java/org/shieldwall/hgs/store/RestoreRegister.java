package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Which of owners' grants to restore have been used. */
public final class RestoreRegister {
  private RestoreRegister() {}

  /** {@return whether the grant with this id has been used} */
  public static boolean isUsed(Handle handle, UUID id) {
    return handle
            .createQuery("SELECT COUNT(*) FROM restore_used WHERE id = :id")
            .bind("id", id.toString())
            .mapTo(Long.class)
            .one()
        > 0;
  }

  /** Uses it, which {@link #isUsed was not} in this transaction. */
  public static void use(Handle writing, UUID id, Instant now) {
    writing.execute(
        "INSERT INTO restore_used (id, at) VALUES (?, ?)", id.toString(), now.toString());
  }
}
