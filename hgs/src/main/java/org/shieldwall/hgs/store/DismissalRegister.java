package org.shieldwall.hgs.store;

import java.util.Map;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Boots that the administrator has looked at and does not accept: they are pending no more. */
public final class DismissalRegister {
  private DismissalRegister() {}

  /** Dismisses the boot that made this log on this host; another boot of it is pending again. */
  public static void dismiss(Handle writing, String host, String eventLog) {
    writing.execute(
        "INSERT INTO pending_dismissed (host, event_log) VALUES (?, ?)"
            + " ON CONFLICT (host) DO UPDATE SET event_log = excluded.event_log",
        host,
        eventLog);
  }

  /** {@return digest of the event log of each host's dismissed boot} */
  public static Map<String, String> all(Handle handle) {
    return handle
        .createQuery("SELECT host, event_log FROM pending_dismissed")
        .map((row, context) -> Map.entry(row.getString("host"), row.getString("event_log")))
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
  }
}
