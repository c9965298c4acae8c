package org.shieldwall.hgs.admin;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.store.Database;

/** Where administrative acts are done: each and its audit record are one transaction. */
final class Recorder {
  private final Database database;
  private final AuditLog audit;
  private final InstantSource clock;

  Recorder(Database database, InstantSource clock) {
    this.database = database;
    this.audit = new AuditLog(clock);
    this.clock = clock;
  }

  Database database() {
    return database;
  }

  AuditLog audit() {
    return audit;
  }

  /** {@return the time, in the seconds that the store keeps} */
  Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  void record(Handle writing, AuditKind kind, String subject, Map<String, ?> detail) {
    audit.append(writing, kind, subject, detail);
  }
}
