package org.shieldwall.hgs.attestation;

import java.time.Instant;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.shieldwall.hgs.policy.PolicySet;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.PolicyRevision;

/**
 * The policies of the moment. They are read again when the store says that something they are made
 * of has changed, or when a baseline among them has expired.
 */
final class PolicySource {
  private final Database database;
  private volatile @Nullable PolicySet known;

  PolicySource(Database database) {
    this.database = database;
  }

  /** {@return what holds now} */
  PolicySet current(Instant now) {
    return database.read(reading -> current(reading, now));
  }

  private PolicySet current(Handle reading, Instant now) {
    PolicySet set = known;
    if (set == null || !set.isCurrent(PolicyRevision.current(reading), now)) {
      set = PolicySet.load(reading, now);
      known = set;
    }
    return set;
  }
}
