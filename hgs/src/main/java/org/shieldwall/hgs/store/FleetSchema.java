package org.shieldwall.hgs.store;

import java.util.List;

/**
 * The tables of a fleet: policies and who has which, exceptions, and what each host last showed.
 *
 * <p>Bytes are {@code BYTEA}: PostgreSQL's type, and to SQLite a name like any other.
 */
final class FleetSchema {
  private static final List<String> HOSTS =
      List.of(
          "ALTER TABLE host RENAME TO host_before",
          """
          CREATE TABLE host (
            name TEXT NOT NULL PRIMARY KEY,
            mode TEXT NOT NULL,
            ek TEXT NOT NULL UNIQUE,
            ek_public TEXT NOT NULL,
            identity TEXT NOT NULL,
            state TEXT NOT NULL
              CHECK (state IN ('registered', 'quarantined', 'revoked', 'removed')),
            reason TEXT NOT NULL,
            labels TEXT NOT NULL,
            added TEXT NOT NULL,
            changed TEXT NOT NULL)
          """,
          """
          INSERT INTO host
              (name, mode, ek, ek_public, identity, state, reason, labels, added, changed)
            SELECT name, mode, ek, ek_public, identity, state, '', '', added, changed
              FROM host_before
          """,
          "DROP TABLE host_before");

  private static final List<String> POLICIES =
      List.of(
          "ALTER TABLE baseline ADD COLUMN expires BIGINT",
          "ALTER TABLE baseline ADD COLUMN origin TEXT NOT NULL DEFAULT 'document'",
          "ALTER TABLE baseline ADD COLUMN succeeds TEXT",
          """
          CREATE TABLE policy (
            name TEXT NOT NULL,
            version BIGINT NOT NULL,
            digest TEXT NOT NULL,
            document TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('staged', 'active', 'former')),
            added TEXT NOT NULL,
            changed TEXT NOT NULL,
            PRIMARY KEY (name, version))
          """,
          "CREATE UNIQUE INDEX policy_active ON policy (name) WHERE state = 'active'",
          "CREATE UNIQUE INDEX policy_staged ON policy (name) WHERE state = 'staged'",
          """
          CREATE TABLE policy_file (
            name TEXT NOT NULL,
            version BIGINT NOT NULL,
            path TEXT NOT NULL,
            piece TEXT NOT NULL,
            PRIMARY KEY (name, version, path))
          """,
          "CREATE INDEX policy_file_piece ON policy_file (piece)",
          """
          CREATE TABLE policy_label (
            label TEXT NOT NULL PRIMARY KEY,
            policy TEXT NOT NULL)
          """,
          """
          CREATE TABLE check_exception (
            host TEXT NOT NULL,
            check_name TEXT NOT NULL,
            expires BIGINT NOT NULL,
            reason TEXT NOT NULL,
            added TEXT NOT NULL,
            PRIMARY KEY (host, check_name))
          """,
          // What judgements depend on has a number: as long as it is the same, so are they.
          "CREATE TABLE policy_revision (id BIGINT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
          "INSERT INTO policy_revision (id, value) VALUES (1, 1)");

  private static final List<String> EVIDENCE =
      List.of(
          """
          CREATE TABLE piece (
            digest TEXT NOT NULL PRIMARY KEY,
            size BIGINT NOT NULL,
            content BYTEA NOT NULL)
          """,
          """
          CREATE TABLE last_attestation (
            host TEXT NOT NULL PRIMARY KEY,
            mode TEXT NOT NULL,
            at TEXT NOT NULL,
            healthy BIGINT NOT NULL,
            policy TEXT NOT NULL,
            policy_version BIGINT NOT NULL,
            failed TEXT NOT NULL,
            certified TEXT,
            expires TEXT,
            baselines TEXT NOT NULL)
          """,
          """
          CREATE TABLE last_evidence (
            host TEXT NOT NULL PRIMARY KEY,
            ak BYTEA NOT NULL,
            quote BYTEA NOT NULL,
            signature BYTEA NOT NULL,
            pcrs BYTEA NOT NULL,
            command_line TEXT,
            extra_data BYTEA NOT NULL,
            enclave BYTEA NOT NULL,
            event_log TEXT,
            dropped TEXT NOT NULL)
          """,
          "CREATE INDEX last_evidence_event_log ON last_evidence (event_log)",
          """
          CREATE TABLE evidence_ima (
            host TEXT NOT NULL,
            first BIGINT NOT NULL,
            digest TEXT NOT NULL,
            size BIGINT NOT NULL,
            content BYTEA NOT NULL,
            PRIMARY KEY (host, first))
          """,
          """
          CREATE TABLE pending_dismissed (
            host TEXT NOT NULL PRIMARY KEY,
            event_log TEXT NOT NULL)
          """);

  static final Schema.Version VERSION =
      new Schema.Version(
          List.of(HOSTS, POLICIES, EVIDENCE).stream().flatMap(List::stream).toList(), List.of());

  private FleetSchema() {}
}
