package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jspecify.annotations.Nullable;

/**
 * VMs on their way from one enclave to another: first the one that runs it offers it, then the
 * other gets the keys of its next generation, and when the first has handed it over the lease is
 * the other's. A VM has one row at most.
 */
public final class MoveRegister {
  private static final RowMapper<Move> ROW =
      (row, context) ->
          new Move(
              row.getString("source"),
              row.getString("target"),
              Optional.ofNullable(row.getString("host")));

  private MoveRegister() {}

  /**
   * A move.
   *
   * @param source the enclave that runs the VM
   * @param target the enclave that it is offered to
   * @param host the target's, once it has been given the keys
   */
  public record Move(String source, String target, Optional<String> host) {}

  /** {@return the move of a VM, if it is on its way} */
  public static Optional<Move> find(Handle handle, String grant, UUID vm) {
    return handle
        .createQuery(
            "SELECT source, target, host FROM lease_move WHERE grant_digest = :grant AND vm = :vm")
        .bind("grant", grant)
        .bind("vm", vm.toString())
        .map(ROW)
        .findOne();
  }

  /** Records an offer, in place of an earlier one. */
  public static void offer(Handle writing, String grant, UUID vm, String source, String target) {
    forget(writing, grant, vm);
    writing.execute(
        "INSERT INTO lease_move (grant_digest, vm, source, target) VALUES (?, ?, ?, ?)",
        grant,
        vm.toString(),
        source,
        target);
  }

  /**
   * Records that the target was given the keys.
   *
   * @param ready the lease that will be the target's
   */
  public static void ready(Handle writing, StoredLease ready) {
    writing.execute(
        "UPDATE lease_move SET host = ?, identity = ?, assurance = ?, reset_count = ?,"
            + " restart_count = ?, generation = ? WHERE grant_digest = ? AND vm = ? AND target = ?",
        ready.host(),
        ready.identity(),
        ready.assurance(),
        ready.resetCount(),
        ready.restartCount(),
        ready.generation(),
        ready.grant(),
        ready.vm().toString(),
        ready.enclave());
  }

  /**
   * {@return the lease that is the target's from {@code since} on}; empty if it has not been given
   * the keys
   */
  public static Optional<StoredLease> leaseOfTarget(
      Handle handle, String grant, UUID vm, Instant since, Instant until) {
    return handle
        .createQuery(
            "SELECT target, host, identity, assurance, reset_count, restart_count, generation"
                + " FROM lease_move WHERE grant_digest = :grant AND vm = :vm AND host IS NOT NULL")
        .bind("grant", grant)
        .bind("vm", vm.toString())
        .map((row, context) ->
            new StoredLease(
                grant,
                vm,
                text(row.getString("host")),
                text(row.getString("identity")),
                text(row.getString("assurance")),
                text(row.getString("target")),
                row.getLong("reset_count"),
                row.getLong("restart_count"),
                row.getLong("generation"),
                since,
                until,
                StoredLease.State.HELD,
                0))
        .findOne();
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  /** Forgets the move: it came to its end, or will not. */
  public static void forget(Handle writing, String grant, UUID vm) {
    writing.execute(
        "DELETE FROM lease_move WHERE grant_digest = ? AND vm = ?", grant, vm.toString());
  }
}
