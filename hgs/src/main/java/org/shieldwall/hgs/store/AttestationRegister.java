package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/** How each host fared when it last attested: one row a host, whatever its mode. */
public final class AttestationRegister {
  private static final String COLUMNS =
      "host, mode, at, healthy, policy, policy_version, failed, certified, expires, baselines";
  private static final RowMapper<LastAttestation> ROW =
      (row, context) ->
          new LastAttestation(
              row.getString("host"),
              row.getString("mode"),
              Instant.parse(row.getString("at")),
              row.getInt("healthy") == 1,
              row.getString("policy"),
              row.getInt("policy_version"),
              Labels.split(row.getString("failed")),
              Optional.ofNullable(row.getString("certified")).map(Instant::parse),
              Optional.ofNullable(row.getString("expires")).map(Instant::parse),
              Labels.split(row.getString("baselines")));

  private AttestationRegister() {}

  /** Records an attestation; a refused one leaves what is known of the last good one. */
  public static void record(Handle writing, LastAttestation last) {
    String kept = last.healthy() ? "excluded." : "last_attestation.";
    writing.execute(
        "INSERT INTO last_attestation ("
            + COLUMNS
            + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (host) DO UPDATE SET"
            + " mode = excluded.mode, at = excluded.at, healthy = excluded.healthy,"
            + " policy = excluded.policy, policy_version = excluded.policy_version,"
            + " failed = excluded.failed, certified = "
            + kept
            + "certified, expires = "
            + kept
            + "expires, baselines = "
            + kept
            + "baselines",
        last.host(),
        last.mode(),
        last.at().toString(),
        last.healthy() ? 1 : 0,
        last.policy(),
        last.policyVersion(),
        String.join(" ", last.failed()),
        last.certified().map(Instant::toString).orElse(null),
        last.expires().map(Instant::toString).orElse(null),
        String.join(" ", last.baselines()));
  }

  /** {@return how the host of this name fared} */
  public static Optional<LastAttestation> of(Handle handle, String host) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM last_attestation WHERE host = :host")
        .bind("host", host)
        .map(ROW)
        .findOne();
  }

  /** {@return how every host fared, by name} */
  public static List<LastAttestation> all(Handle handle) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM last_attestation ORDER BY host")
        .map(ROW)
        .list();
  }
}
