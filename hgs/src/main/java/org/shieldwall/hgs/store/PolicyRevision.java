package org.shieldwall.hgs.store;

import org.jdbi.v3.core.Handle;

/**
 * A number that goes up with whatever a judgement depends on besides the evidence: policies, which
 * host has which, baselines, exceptions. A process that has made something of all of these need
 * read one number to know that it still holds.
 */
public final class PolicyRevision {
  private PolicyRevision() {}

  /** {@return the number} */
  public static long current(Handle handle) {
    return handle
        .createQuery("SELECT value FROM policy_revision WHERE id = 1")
        .mapTo(Long.class)
        .one();
  }

  /** Counts a change, in the transaction of the change. */
  static void advance(Handle writing) {
    writing.execute("UPDATE policy_revision SET value = value + 1 WHERE id = 1");
  }
}
