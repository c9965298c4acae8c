package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.shieldwall.hgs.store.RegisteredHost.State;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.tpm.Bytes;

/**
 * Which hosts there are. A name is bound to one key for ever (endorsement key or host key), and a
 * key to one name: the unique constraints of the table hold this against administrators who add at
 * the same moment, and removal keeps the row. A second machine can never take over the name of a
 * first.
 */
public final class HostRegister {
  private static final String COLUMNS =
      "name, mode, ek, ek_public, identity, state, reason, labels, added, changed";
  private static final RowMapper<RegisteredHost> ROW =
      (row, context) ->
          new RegisteredHost(
              row.getString("name"),
              mode(row.getString("mode")),
              row.getString("ek"),
              Bytes.ofHex(row.getString("ek_public")),
              row.getString("identity"),
              State.of(row.getString("state")),
              row.getString("reason"),
              Labels.split(row.getString("labels")),
              Instant.parse(row.getString("added")),
              Instant.parse(row.getString("changed")));

  private HostRegister() {}

  private static AttestationMode mode(String id) {
    return AttestationMode.ofId(id).orElseThrow(() -> new IllegalStateException("mode " + id));
  }

  /** What an attempt to add came to. */
  public enum Added {
    /** New. */
    NEW,
    /** It had been removed or revoked and is registered again. */
    AGAIN,
    /** It was registered already, with this name and key: nothing changed. */
    ALREADY,
    /** It is quarantined, and stays so: nothing changed. */
    QUARANTINED,
    /** It was registered already, and what is known of its TPM has changed. */
    UPDATED,
    /** The name belongs to another key. */
    NAME_TAKEN,
    /** The key belongs to another name. */
    KEY_TAKEN
  }

  /** Registers {@code host}, in the caller's writing transaction. */
  public static Added add(Handle writing, RegisteredHost host) {
    Optional<RegisteredHost> sameName = byName(writing, host.name());
    Optional<RegisteredHost> sameKey = byKey(writing, host.ek());
    if (sameName.isPresent() && !sameName.get().ek().equals(host.ek())) {
      return Added.NAME_TAKEN;
    }
    if (sameKey.isPresent() && !sameKey.get().name().equals(host.name())) {
      return Added.KEY_TAKEN;
    }
    if (sameName.isPresent()) {
      return switch (sameName.get().state()) {
        case REGISTERED -> Added.ALREADY;
        case QUARANTINED -> Added.QUARANTINED;
        case REVOKED, REMOVED -> {
          setState(writing, host.name(), State.REGISTERED, "", host.changed());
          yield Added.AGAIN;
        }
      };
    }
    writing.execute(
        "INSERT INTO host (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        host.name(),
        host.mode().id(),
        host.ek(),
        host.ekPublic().hex(),
        host.identity(),
        host.state().code(),
        host.reason(),
        Labels.join(host.labels()),
        host.added().toString(),
        host.changed().toString());
    return Added.NEW;
  }

  /** What an attempt to change a host's state came to. */
  public enum Moved {
    /** It has the state now. */
    DONE,
    /** It had the state already: nothing changed. */
    ALREADY,
    /** There is no host of this name, or it was removed. */
    NO_HOST,
    /** From its present state no way leads there. */
    NO_WAY
  }

  /**
   * Gives a host another state, in the caller's writing transaction. A host comes back from
   * quarantine; from revocation and removal it comes back by being added again.
   */
  public static Moved move(Handle writing, String name, State to, String reason, Instant now) {
    Optional<State> from = byName(writing, name).map(RegisteredHost::state);
    if (from.isEmpty() || from.get() == State.REMOVED) {
      return Moved.NO_HOST;
    }
    if (from.get() == to) {
      return Moved.ALREADY;
    }
    boolean way =
        switch (to) {
          case REGISTERED -> from.get() == State.QUARANTINED;
          case QUARANTINED -> from.get() == State.REGISTERED;
          case REVOKED, REMOVED -> true;
        };
    if (!way) {
      return Moved.NO_WAY;
    }
    setState(writing, name, to, reason, now);
    ImaProgress.forget(writing, name);
    if (to == State.REVOKED || to == State.REMOVED) {
      boolean _ = AkCertificateRegister.revoke(writing, name);
    }
    return Moved.DONE;
  }

  private static void setState(
      Handle writing, String name, State state, String reason, Instant now) {
    writing.execute(
        "UPDATE host SET state = ?, reason = ?, changed = ? WHERE name = ?",
        state.code(),
        reason,
        now.toString(),
        name);
  }

  /** Gives a host these labels instead of those it has, in the caller's writing transaction. */
  public static void setLabels(Handle writing, String name, List<String> labels) {
    writing.execute("UPDATE host SET labels = ? WHERE name = ?", Labels.join(labels), name);
  }

  /** Keeps another identity document of the same name and key. */
  public static void setIdentity(Handle writing, String name, String identity) {
    writing.execute("UPDATE host SET identity = ? WHERE name = ?", identity, name);
  }

  /** {@return whether the host is registered by its key alone, on purpose} */
  public static boolean isKeyAlone(Handle handle, String name) {
    return handle
        .createQuery("SELECT 1 FROM key_alone_host WHERE host = :name")
        .bind("name", name)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  /** Says whether the host is registered by its key alone; {@return whether that is a change} */
  public static boolean setKeyAlone(Handle writing, String name, boolean alone, Instant now) {
    return alone
        ? writing.execute(
                "INSERT INTO key_alone_host (host, since) VALUES (?, ?) ON CONFLICT (host) DO NOTHING",
                name,
                now.toString())
            == 1
        : writing.execute("DELETE FROM key_alone_host WHERE host = ?", name) == 1;
  }

  /** {@return the host of this name, whatever its state} */
  public static Optional<RegisteredHost> byName(Handle handle, String name) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM host WHERE name = :name")
        .bind("name", name)
        .map(ROW)
        .findOne();
  }

  /**
   * {@return the host with this endorsement key, whatever its state}
   *
   * @param ek SHA-256 of its SubjectPublicKeyInfo, hexadecimal
   */
  public static Optional<RegisteredHost> byKey(Handle handle, String ek) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM host WHERE ek = :ek")
        .bind("ek", ek)
        .map(ROW)
        .findOne();
  }

  /** {@return every host, by name} */
  public static List<RegisteredHost> all(Handle handle) {
    return handle.createQuery("SELECT " + COLUMNS + " FROM host ORDER BY name").map(ROW).list();
  }
}
