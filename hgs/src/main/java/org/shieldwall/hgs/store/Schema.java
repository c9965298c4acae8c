package org.shieldwall.hgs.store;

import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * The tables, version by version. A version once released is never edited: a change is a new one.
 *
 * <p>Digests are lower-case hexadecimal, times RFC 3339 in UTC, expiries seconds since 1970,
 * documents their JSON text: the database can be read with its own command.
 */
final class Schema {
  /** {@code common} runs everywhere; {@code sqlite} is what other databases spell otherwise. */
  record Version(List<String> common, List<String> sqlite) {}

  private static final List<Version> VERSIONS =
      List.of(
          new Version(
              List.of(
                  """
                  CREATE TABLE host (
                    name TEXT NOT NULL PRIMARY KEY,
                    ek TEXT NOT NULL UNIQUE,
                    ek_public TEXT NOT NULL,
                    identity TEXT NOT NULL,
                    state TEXT NOT NULL CHECK (state IN ('registered', 'removed')),
                    added TEXT NOT NULL,
                    changed TEXT NOT NULL)
                  """,
                  """
                  CREATE TABLE baseline (
                    name TEXT NOT NULL PRIMARY KEY,
                    digest TEXT NOT NULL,
                    document TEXT NOT NULL,
                    added TEXT NOT NULL)
                  """,
                  """
                  CREATE TABLE spent_token (
                    id TEXT NOT NULL PRIMARY KEY,
                    expires BIGINT NOT NULL)
                  """,
                  "CREATE INDEX spent_token_expires ON spent_token (expires)",
                  """
                  CREATE TABLE generation (
                    grant_digest TEXT NOT NULL,
                    vm TEXT NOT NULL,
                    committed BIGINT,
                    committed_digest TEXT,
                    pending BIGINT NOT NULL,
                    pending_digest TEXT NOT NULL,
                    changed TEXT NOT NULL,
                    PRIMARY KEY (grant_digest, vm))
                  """,
                  """
                  CREATE TABLE release_nonce (
                    enclave TEXT NOT NULL,
                    nonce TEXT NOT NULL,
                    expires BIGINT NOT NULL,
                    PRIMARY KEY (enclave, nonce))
                  """,
                  "CREATE INDEX release_nonce_expires ON release_nonce (expires)",
                  """
                  CREATE TABLE audit (
                    seq BIGINT NOT NULL PRIMARY KEY,
                    id TEXT NOT NULL UNIQUE,
                    at TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    detail TEXT NOT NULL,
                    previous TEXT NOT NULL,
                    hash TEXT NOT NULL)
                  """,
                  """
                  CREATE TABLE probe (
                    id BIGINT NOT NULL PRIMARY KEY,
                    at BIGINT NOT NULL,
                    room TEXT NOT NULL)
                  """,
                  "INSERT INTO probe (id, at, room) VALUES (1, 0, '')"),
              List.of(
                  """
                  CREATE TRIGGER audit_is_not_edited BEFORE UPDATE ON audit
                  BEGIN SELECT RAISE(ABORT, 'audit records are only appended'); END
                  """,
                  """
                  CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
                  BEGIN SELECT RAISE(ABORT, 'audit records are only appended'); END
                  """)),
          new Version(
              List.of(
                  "ALTER TABLE host ADD COLUMN mode TEXT NOT NULL DEFAULT 'tpm'",
                  """
                  CREATE TABLE attestation_mode (
                    mode TEXT NOT NULL PRIMARY KEY,
                    enabled TEXT NOT NULL)
                  """,
                  "INSERT INTO attestation_mode (mode, enabled) VALUES ('tpm', '1970-01-01T00:00:00Z')",
                  """
                  CREATE TABLE directory_group (
                    sid TEXT NOT NULL PRIMARY KEY,
                    name TEXT NOT NULL UNIQUE,
                    added TEXT NOT NULL)
                  """),
              List.of()),
          FleetSchema.VERSION,
          EndorsementSchema.VERSION,
          EndorsementSchema.SHORTCUTS,
          LeaseSchema.VERSION,
          LeaseSchema.RESTORES,
          LeaseSchema.MOVES);

  private Schema() {}

  /** Applies, in this transaction, the versions that the database lacks. */
  static int bringUpToDate(Handle handle) {
    handle.execute(
        "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)");
    int present =
        handle
            .createQuery("SELECT COALESCE(MAX(version), 0) FROM schema_version")
            .mapTo(Integer.class)
            .one();
    if (present > VERSIONS.size()) {
      throw new NewerSchemaException(present, VERSIONS.size());
    }
    for (int version = present + 1; version <= VERSIONS.size(); version++) {
      Version steps = VERSIONS.get(version - 1);
      steps.common().forEach(handle::execute);
      steps.sqlite().forEach(handle::execute);
      handle.execute("INSERT INTO schema_version (version) VALUES (?)", version);
    }
    return VERSIONS.size();
  }

  /** The file was written by a newer program. */
  static final class NewerSchemaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NewerSchemaException(int found, int known) {
      super(
          "it was written by a newer Shieldwall (schema "
              + found
              + ", this one knows "
              + known
              + ")");
    }
  }
}
