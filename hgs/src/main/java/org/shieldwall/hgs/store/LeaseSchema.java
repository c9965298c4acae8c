package org.shieldwall.hgs.store;

import java.util.List;

/** The tables that know where each VM runs, and who may say that it does not. */
final class LeaseSchema {
  static final Schema.Version VERSION =
      new Schema.Version(
          List.of(
              """
              CREATE TABLE lease (
                grant_digest TEXT NOT NULL,
                vm TEXT NOT NULL,
                host TEXT NOT NULL,
                identity TEXT NOT NULL,
                assurance TEXT NOT NULL,
                enclave TEXT NOT NULL,
                reset_count BIGINT NOT NULL,
                restart_count BIGINT NOT NULL,
                generation BIGINT NOT NULL,
                since TEXT NOT NULL,
                until BIGINT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('held', 'ended', 'broken')),
                reports BIGINT NOT NULL,
                PRIMARY KEY (grant_digest, vm))
              """,
              // What the enclave said of the state when the VM ended, and of which generation's.
              "ALTER TABLE generation ADD COLUMN state TEXT",
              "ALTER TABLE generation ADD COLUMN state_of TEXT",
              "ALTER TABLE generation ADD COLUMN bound TEXT",
              """
              CREATE TABLE administrator (
                id TEXT NOT NULL PRIMARY KEY,
                name TEXT NOT NULL UNIQUE,
                document TEXT NOT NULL,
                added TEXT NOT NULL)
              """),
          List.of());

  /** Owners' grants to restore, each good once. */
  static final Schema.Version RESTORES =
      new Schema.Version(
          List.of(
              """
              CREATE TABLE restore_used (
                id TEXT NOT NULL PRIMARY KEY,
                at TEXT NOT NULL)
              """),
          List.of());

  /** To whom an enclave offers a VM that it runs, and what that one showed when it got the keys. */
  static final Schema.Version MOVES =
      new Schema.Version(
          List.of(
              """
              CREATE TABLE lease_move (
                grant_digest TEXT NOT NULL,
                vm TEXT NOT NULL,
                source TEXT NOT NULL,
                target TEXT NOT NULL,
                host TEXT,
                identity TEXT,
                assurance TEXT,
                reset_count BIGINT,
                restart_count BIGINT,
                generation BIGINT,
                PRIMARY KEY (grant_digest, vm))
              """),
          List.of());

  private LeaseSchema() {}
}
