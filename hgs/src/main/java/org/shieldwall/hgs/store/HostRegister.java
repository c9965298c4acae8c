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
      "name, mode, ek, ek_public, identity, state, added, changed";
  private static final RowMapper<RegisteredHost> ROW =
      (row, context) ->
          new RegisteredHost(
              row.getString("name"),
              mode(row.getString("mode")),
              row.getString("ek"),
              Bytes.ofHex(row.getString("ek_public")),
              row.getString("identity"),
              State.of(row.getString("state")),
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
    /** It had been removed and is registered again. */
    AGAIN,
    /** It was registered already, with this name and key: nothing changed. */
    ALREADY,
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
      if (sameName.get().isRegistered()) {
        return Added.ALREADY;
      }
      setState(writing, host.name(), State.REGISTERED, host.changed());
      return Added.AGAIN;
    }
    writing.execute(
        "INSERT INTO host (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        host.name(),
        host.mode().id(),
        host.ek(),
        host.ekPublic().hex(),
        host.identity(),
        host.state().code(),
        host.added().toString(),
        host.changed().toString());
    return Added.NEW;
  }

  /** {@return whether a registered host of this name was there to be removed} */
  public static boolean remove(Handle writing, String name, Instant now) {
    return byName(writing, name).filter(RegisteredHost::isRegistered).isPresent()
        && setState(writing, name, State.REMOVED, now);
  }

  private static boolean setState(Handle writing, String name, State state, Instant now) {
    return writing.execute(
            "UPDATE host SET state = ?, changed = ? WHERE name = ?",
            state.code(),
            now.toString(),
            name)
        == 1;
  }

  /** {@return the host of this name, registered or removed} */
  public static Optional<RegisteredHost> byName(Handle handle, String name) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM host WHERE name = :name")
        .bind("name", name)
        .map(ROW)
        .findOne();
  }

  /**
   * {@return the host with this endorsement key, registered or removed}
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
