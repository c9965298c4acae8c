package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * What an administrator switches while the service runs: a name and a word. What such a switch
 * means, and what holds where nobody touched it, is for whoever reads it.
 */
public final class Settings {
  private Settings() {}

  /** {@return the word, if it was ever set} */
  public static Optional<String> get(Handle handle, String name) {
    return handle
        .createQuery("SELECT value FROM setting WHERE name = :name")
        .bind("name", name)
        .mapTo(String.class)
        .findOne();
  }

  /** Sets the word, in the caller's writing transaction. */
  public static void set(Handle writing, String name, String value, Instant now) {
    writing.execute(
        "INSERT INTO setting (name, value, changed) VALUES (?, ?, ?)"
            + " ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed = excluded.changed",
        name,
        value,
        now.toString());
  }
}
