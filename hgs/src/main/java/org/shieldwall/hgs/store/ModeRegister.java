package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.protocol.AttestationMode;

/** Which modes of attestation are on, and since when. A mode that is off has no row. */
public final class ModeRegister {
  private ModeRegister() {}

  /** {@return since when {@code mode} is on; nothing if it is off} */
  public static Optional<Instant> enabledSince(Handle handle, AttestationMode mode) {
    return handle
        .createQuery("SELECT enabled FROM attestation_mode WHERE mode = :mode")
        .bind("mode", mode.id())
        .mapTo(String.class)
        .findOne()
        .map(Instant::parse);
  }

  /** {@return whether {@code mode} was off; if not, nothing changed} */
  public static boolean enable(Handle writing, AttestationMode mode, Instant now) {
    return writing.execute(
            "INSERT INTO attestation_mode (mode, enabled) VALUES (?, ?) ON CONFLICT (mode) DO NOTHING",
            mode.id(),
            now.toString())
        == 1;
  }

  /** {@return whether {@code mode} was on; if not, nothing changed} */
  public static boolean disable(Handle writing, AttestationMode mode) {
    return writing.execute("DELETE FROM attestation_mode WHERE mode = ?", mode.id()) == 1;
  }
}
