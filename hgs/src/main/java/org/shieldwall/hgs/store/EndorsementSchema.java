package org.shieldwall.hgs.store;

import java.util.List;
import org.shieldwall.hgs.store.Schema.Version;

/**
 * The tables about TPM makers, and what binds a host's name to its key: unique names and keys are
 * in the table itself; that neither is ever given to another is in triggers, because it must hold
 * against every program that writes, not only against this one.
 */
final class EndorsementSchema {
  static final Version VERSION =
      new Version(
          List.of(
              """
              CREATE TABLE setting (
                name TEXT NOT NULL PRIMARY KEY,
                value TEXT NOT NULL,
                changed TEXT NOT NULL)
              """,
              """
              CREATE TABLE maker_certificate (
                digest TEXT NOT NULL PRIMARY KEY,
                role TEXT NOT NULL CHECK (role IN ('anchor', 'intermediate')),
                der TEXT NOT NULL,
                added TEXT NOT NULL)
              """,
              """
              CREATE TABLE key_alone_host (
                host TEXT NOT NULL PRIMARY KEY REFERENCES host (name),
                since TEXT NOT NULL)
              """),
          List.of(
              """
              CREATE TRIGGER host_keeps_its_name_and_key BEFORE UPDATE OF name, mode, ek, ek_public
              ON host WHEN NEW.name <> OLD.name OR NEW.mode <> OLD.mode OR NEW.ek <> OLD.ek
                OR NEW.ek_public <> OLD.ek_public
              BEGIN SELECT RAISE(ABORT, 'a host keeps its name and its key'); END
              """,
              """
              CREATE TRIGGER host_is_not_replaced BEFORE INSERT ON host
              WHEN EXISTS (SELECT 1 FROM host WHERE name = NEW.name OR ek = NEW.ek)
              BEGIN SELECT RAISE(ABORT, 'a host keeps its name and its key'); END
              """,
              """
              CREATE TRIGGER host_is_not_forgotten BEFORE DELETE ON host
              BEGIN SELECT RAISE(ABORT, 'a host that was removed keeps its name and its key'); END
              """));

  /** What saves a known host a part of its attestation. */
  static final Version SHORTCUTS =
      new Version(
          List.of(
              """
              CREATE TABLE ak_certificate (
                host TEXT NOT NULL PRIMARY KEY REFERENCES host (name),
                serial TEXT NOT NULL UNIQUE,
                ak_name TEXT NOT NULL,
                issued TEXT NOT NULL,
                expires TEXT NOT NULL)
              """,
              """
              CREATE TABLE ima_progress (
                host TEXT NOT NULL PRIMARY KEY REFERENCES host (name),
                rules TEXT NOT NULL,
                reset_count BIGINT NOT NULL,
                restart_count BIGINT NOT NULL,
                entries BIGINT NOT NULL,
                pcr10 TEXT NOT NULL,
                changed TEXT NOT NULL)
              """),
          List.of());

  private EndorsementSchema() {}
}
