package org.shieldwall.hgs.admin;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.attestation.hostkey.HostKey;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.DirectoryGroup;
import org.shieldwall.hgs.store.GroupRegister;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.HostRegister.Added;
import org.shieldwall.hgs.store.ModeRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.protocol.HostKeyDocument;
import org.shieldwall.tpm.Bytes;

/**
 * Which modes are on, and who may attest in the weaker two. Each change and its audit record are
 * one transaction, and a running server sees it with its next request.
 */
public final class ModeAdministration {
  private final Recorder recorder;
  private final Database database;

  ModeAdministration(Recorder recorder) {
    this.recorder = recorder;
    this.database = recorder.database();
  }

  /**
   * One mode.
   *
   * @param since since when it is on; empty if it is off
   */
  public record ModeState(AttestationMode mode, Optional<Instant> since) {}

  /** {@return every mode, strongest first} */
  public List<ModeState> list() {
    return database.read(reading -> {
      List<ModeState> states = new ArrayList<>();
      for (AttestationMode mode : AttestationMode.values()) {
        states.add(new ModeState(mode, ModeRegister.enabledSince(reading, mode)));
      }
      return states;
    });
  }

  /** {@return whether the mode was off and is on now} */
  public boolean enable(AttestationMode mode) {
    return database.write(writing -> {
      boolean changed = ModeRegister.enable(writing, mode, recorder.now());
      if (changed) {
        record(writing, AuditKind.MODE_ENABLED, mode);
      }
      return changed;
    });
  }

  /** {@return whether the mode was on and is off now} */
  public boolean disable(AttestationMode mode) {
    return database.write(writing -> {
      boolean changed = ModeRegister.disable(writing, mode);
      if (changed) {
        record(writing, AuditKind.MODE_DISABLED, mode);
      }
      return changed;
    });
  }

  private void record(Handle writing, AuditKind kind, AttestationMode mode) {
    recorder.record(writing, kind, "mode " + mode.id(), Map.of("assurance", mode.assurance().id()));
  }

  /** A host as it now stands in the register, and whether that is new. */
  public record HostKeyChange(RegisteredHost host, Added added) {}

  /**
   * Registers a host by its public key.
   *
   * @throws HgsException if the name cannot be one or belongs to another key or TPM, or the key to
   *     another name
   */
  public HostKeyChange addHostKey(String name, HostKey key) throws HgsException {
    if (!HostIdentity.isName(name)) {
      throw new HgsException(
          "\"" + name + "\" cannot be a host's name", "use letters, digits, dots and hyphens");
    }
    Instant now = recorder.now();
    RegisteredHost host =
        new RegisteredHost(
            name,
            AttestationMode.HOST_KEY,
            key.id().hex(),
            Bytes.of(key.key().getEncoded()),
            new String(HostKeyDocument.pem(key.key()), StandardCharsets.US_ASCII),
            RegisteredHost.State.REGISTERED,
            now,
            now);
    Added added = database.write(writing -> add(writing, host));
    return switch (added) {
      case NEW, AGAIN, ALREADY, UPDATED -> new HostKeyChange(host, added);
      case QUARANTINED ->
          throw new HgsException(
              "host " + name + " is quarantined",
              "once you know why: shieldwall hgs host restore " + name);
      case NAME_TAKEN ->
          throw new HgsException(
              "the name " + name + " belongs to another key or TPM, and always will",
              "give the new machine another name");
      case KEY_TAKEN ->
          throw new HgsException(
              "this key is registered under another name, and always will be",
              "look it up: shieldwall hgs host list");
    };
  }

  private Added add(Handle writing, RegisteredHost host) {
    Added outcome = HostRegister.add(writing, host);
    if (outcome == Added.NEW || outcome == Added.AGAIN) {
      recorder.record(
          writing,
          AuditKind.HOST_ADDED,
          "host " + host.name(),
          Map.of("mode", host.mode().id(), "key", host.ek(), "again", outcome == Added.AGAIN));
    }
    return outcome;
  }

  /**
   * Lets the members of a group attest.
   *
   * @return whether it is new; it is not if the very same one is there already
   * @throws HgsException if {@code sid} is none, or the name is another group's
   */
  public boolean addGroup(String sid, String name) throws HgsException {
    if (!DirectoryGroup.isSid(sid)) {
      throw new HgsException(
          "\"" + sid + "\" is no SID", "give the group's objectSid, S-1-5-21-…, not its name");
    }
    if (!DirectoryGroup.isName(name)) {
      throw new HgsException("that cannot be a group's name here", "use printable characters");
    }
    DirectoryGroup group = new DirectoryGroup(sid, name, recorder.now());
    boolean added =
        database.write(writing -> {
          boolean free = GroupRegister.add(writing, group);
          if (free) {
            recorder.record(writing, AuditKind.GROUP_ADDED, "group " + sid, Map.of("name", name));
          }
          return free;
        });
    Optional<DirectoryGroup> there = database.read(reading -> GroupRegister.bySid(reading, sid));
    if (!added && !there.map(DirectoryGroup::name).equals(Optional.of(name))) {
      throw new HgsException(
          there
              .map(found -> "the group " + sid + " is registered as " + found.name())
              .orElse("another group is called " + name),
          "look at them: shieldwall hgs group list");
    }
    return added;
  }

  /** {@return whether there was a group with this SID to remove} */
  public boolean removeGroup(String sid) {
    return database.write(writing -> {
      boolean removed = GroupRegister.remove(writing, sid);
      if (removed) {
        recorder.record(writing, AuditKind.GROUP_REMOVED, "group " + sid, Map.of());
      }
      return removed;
    });
  }

  /** {@return every group, by name} */
  public List<DirectoryGroup> groups() {
    return database.read(GroupRegister::all);
  }
}
