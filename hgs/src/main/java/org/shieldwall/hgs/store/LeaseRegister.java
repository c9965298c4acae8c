package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/** Where each VM runs. A VM has one row, of the enclave that had it last. */
public final class LeaseRegister {
  private static final String COLUMNS =
      "grant_digest, vm, host, identity, assurance, enclave, reset_count, restart_count,"
          + " generation, since, until, state, reports";
  private static final RowMapper<StoredLease> ROW =
      (row, context) ->
          new StoredLease(
              row.getString("grant_digest"),
              UUID.fromString(row.getString("vm")),
              row.getString("host"),
              row.getString("identity"),
              row.getString("assurance"),
              row.getString("enclave"),
              row.getLong("reset_count"),
              row.getLong("restart_count"),
              row.getLong("generation"),
              Instant.parse(row.getString("since")),
              Instant.ofEpochSecond(row.getLong("until")),
              StoredLease.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
              row.getLong("reports"));

  private LeaseRegister() {}

  /** {@return the VM's lease, whatever it is in} */
  public static Optional<StoredLease> find(Handle handle, String grant, UUID vm) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM lease WHERE grant_digest = :grant AND vm = :vm")
        .bind("grant", grant)
        .bind("vm", vm.toString())
        .map(ROW)
        .findOne();
  }

  /** {@return the leases of VMs with this id; more than one only if owners chose the same} */
  public static List<StoredLease> ofVm(Handle handle, UUID vm) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM lease WHERE vm = :vm ORDER BY grant_digest")
        .bind("vm", vm.toString())
        .map(ROW)
        .list();
  }

  /** {@return every lease, by host and VM} */
  public static List<StoredLease> all(Handle handle) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM lease ORDER BY host, vm, grant_digest")
        .map(ROW)
        .list();
  }

  /** Writes the VM's lease, in place of the one there may be. */
  public static void put(Handle writing, StoredLease lease) {
    writing.execute(
        "INSERT INTO lease ("
            + COLUMNS
            + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            + " ON CONFLICT (grant_digest, vm) DO UPDATE SET host = excluded.host,"
            + " identity = excluded.identity, assurance = excluded.assurance,"
            + " enclave = excluded.enclave, reset_count = excluded.reset_count,"
            + " restart_count = excluded.restart_count, generation = excluded.generation,"
            + " since = excluded.since, until = excluded.until, state = excluded.state,"
            + " reports = excluded.reports",
        lease.grant(),
        lease.vm().toString(),
        lease.host(),
        lease.identity(),
        lease.assurance(),
        lease.enclave(),
        lease.resetCount(),
        lease.restartCount(),
        lease.generation(),
        lease.since().toString(),
        lease.until().getEpochSecond(),
        lease.state().id(),
        lease.reports());
  }
}
