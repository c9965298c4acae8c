package org.shieldwall.hgs.admin;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.store.BaselineDocument;
import org.shieldwall.hgs.store.BaselineRegister;
import org.shieldwall.hgs.store.BaselineRegister.Stored;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** What the administrator does with baselines. */
public final class BaselineAdministration {
  private final Recorder recorder;

  BaselineAdministration(Recorder recorder) {
    this.recorder = recorder;
  }

  /**
   * Accepts a baseline.
   *
   * @param origin what it was made of, in words
   * @param expires from when on it counts no more; empty: never
   * @return whether it is new; it is not if the very same one is there already
   * @throws HgsException if another one has its name
   */
  public boolean add(BootBaseline baseline, String origin, Optional<Instant> expires)
      throws HgsException {
    Stored stored = stored(baseline, origin, expires, Optional.empty());
    Refusable<Boolean> outcome =
        recorder
            .database()
            .write(writing -> {
              if (add(writing, stored)) {
                return Refusable.done(true);
              }
              boolean same =
                  BaselineRegister.byName(writing, stored.name())
                      .map(Stored::digest)
                      .equals(Optional.of(stored.digest()));
              return same ? Refusable.done(false) : Refusable.refused(taken(stored.name()));
            });
    return outcome.orThrow();
  }

  static HgsException taken(String name) {
    return new HgsException(
        "there is another baseline " + name,
        "give this one another name with --name, or first: shieldwall hgs baseline remove " + name);
  }

  /** {@return whether the name was free and the baseline is in the register, with a record} */
  boolean add(Handle writing, Stored stored) {
    boolean added = BaselineRegister.add(writing, stored);
    if (added) {
      recorder.record(
          writing,
          AuditKind.BASELINE_ADDED,
          subject(stored.name()),
          Map.of(
              "digest",
              stored.digest(),
              "origin",
              stored.origin(),
              "expires",
              stored.expires().map(Instant::toString).orElse("never")));
    }
    return added;
  }

  Stored stored(
      BootBaseline baseline, String origin, Optional<Instant> expires, Optional<String> succeeds)
      throws HgsException {
    byte[] document = BaselineDocument.toBytes(baseline);
    if (document.length > BaselineDocument.MAX_BYTES) {
      throw new HgsException(
          "the baseline has " + document.length + " bytes, more than a baseline may",
          "capture less: --level boot");
    }
    return new Stored(
        baseline.name(),
        TpmHash.SHA256.hash(Bytes.of(document)).hex(),
        new String(document, StandardCharsets.UTF_8),
        recorder.now(),
        expires,
        origin,
        succeeds);
  }

  static String subject(String name) {
    return "baseline " + name;
  }

  /** {@return whether there was a baseline of this name to remove} */
  public boolean remove(String name) {
    return recorder
        .database()
        .write(writing -> {
          boolean removed = BaselineRegister.remove(writing, name);
          if (removed) {
            recorder.record(writing, AuditKind.BASELINE_REMOVED, subject(name), Map.of());
          }
          return removed;
        });
  }

  /**
   * {@return whether there was a baseline of this name}
   *
   * @param expires from when on it counts no more; empty: never
   */
  public boolean expire(String name, Optional<Instant> expires) {
    return recorder.database().write(writing -> expire(writing, name, expires));
  }

  boolean expire(Handle writing, String name, Optional<Instant> expires) {
    boolean there = BaselineRegister.expire(writing, name, expires);
    if (there) {
      recorder.record(
          writing,
          AuditKind.BASELINE_EXPIRY_SET,
          subject(name),
          Map.of("expires", expires.map(Instant::toString).orElse("never")));
    }
    return there;
  }

  /** {@return every baseline, by name} */
  public List<Stored> list() {
    return recorder.database().read(BaselineRegister::all);
  }
}
