package org.shieldwall.hgs.admin;

import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.audit.AuditRecord;
import org.shieldwall.hgs.audit.ChainCheck;
import org.shieldwall.hgs.store.BaselineDocument;
import org.shieldwall.hgs.store.BaselineRegister;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.EndorsementKey;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.HostRegister.Added;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * Changes what the service knows, straight in its database: a running server sees it with its next
 * request. Each change and its audit record are one transaction.
 */
public final class Administration {
  private final Database database;
  private final AuditLog audit;
  private final InstantSource clock;

  /** Administration of this database. */
  public Administration(Database database, InstantSource clock) {
    this.database = database;
    this.audit = new AuditLog(clock);
    this.clock = clock;
  }

  /** A host as it now stands in the register, and whether that is new. */
  public record HostChange(RegisteredHost host, Added added) {}

  /**
   * Registers a host.
   *
   * @throws HgsException if its name belongs to another key, its key to another name, or the
   *     document contradicts itself
   */
  public HostChange addHost(HostIdentity identity) throws HgsException {
    EndorsementKey ek = endorsementKey(identity);
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    RegisteredHost host =
        new RegisteredHost(
            identity.name(),
            AttestationMode.TPM,
            ek.id().hex(),
            identity.ekPublic(),
            new String(identity.toBytes(), StandardCharsets.UTF_8),
            RegisteredHost.State.REGISTERED,
            now,
            now);
    Added added =
        database.write(writing -> {
          Added outcome = HostRegister.add(writing, host);
          if (outcome == Added.NEW || outcome == Added.AGAIN) {
            audit.append(
                writing,
                AuditKind.HOST_ADDED,
                "host " + host.name(),
                Map.of("ek", host.ek(), "again", outcome == Added.AGAIN));
          }
          return outcome;
        });
    return switch (added) {
      case NEW, AGAIN, ALREADY -> new HostChange(host, added);
      case NAME_TAKEN ->
          throw new HgsException(
              "the name " + host.name() + " belongs to another TPM, and always will",
              "give the new machine another name: shieldwall host identity --name NAME");
      case KEY_TAKEN ->
          throw new HgsException(
              "this TPM is registered under the name " + nameOf(host.ek()) + ", and always will be",
              "register it under that name");
    };
  }

  private String nameOf(String ek) {
    return database
        .read(reading -> HostRegister.byKey(reading, ek))
        .map(RegisteredHost::name)
        .orElse("of another host");
  }

  private static EndorsementKey endorsementKey(HostIdentity identity) throws HgsException {
    try {
      EndorsementKey ek = EndorsementKey.of(identity.ekPublic());
      if (identity.ekCertificate().isPresent()) {
        Optional<PublicKey> certified =
            UntrustedCertificate.parse(identity.ekCertificate().get().toArray()).key().key();
        if (!certified
            .map(EndorsementKey::of)
            .map(EndorsementKey::id)
            .equals(Optional.of(ek.id()))) {
          throw new HgsException(
              "the endorsement certificate in the identity is for another key",
              "make the identity again on the host: shieldwall host identity");
        }
      }
      return ek;
    } catch (MalformedException e) {
      throw new HgsException(
          "the endorsement key or certificate in the identity cannot be used: " + e.getMessage(),
          "make the identity again on the host: shieldwall host identity",
          e);
    }
  }

  /** {@return whether there was a registered host of this name to remove} */
  public boolean removeHost(String name) {
    return database.write(writing -> {
      boolean removed =
          HostRegister.remove(writing, name, clock.instant().truncatedTo(ChronoUnit.SECONDS));
      if (removed) {
        audit.append(writing, AuditKind.HOST_REMOVED, "host " + name, Map.of());
      }
      return removed;
    });
  }

  /** {@return every host, by name} */
  public List<RegisteredHost> hosts() {
    return database.read(HostRegister::all);
  }

  /**
   * Accepts a baseline.
   *
   * @return whether it is new; it is not if the very same one is there already
   * @throws HgsException if another one has its name
   */
  public boolean addBaseline(BootBaseline baseline) throws HgsException {
    byte[] document = BaselineDocument.toBytes(baseline);
    if (document.length > BaselineDocument.MAX_BYTES) {
      throw new HgsException(
          "the baseline has " + document.length + " bytes, more than a baseline may",
          "capture less: --level boot");
    }
    BaselineRegister.Stored stored =
        new BaselineRegister.Stored(
            baseline.name(),
            TpmHash.SHA256.hash(Bytes.of(document)).hex(),
            new String(document, StandardCharsets.UTF_8),
            clock.instant().truncatedTo(ChronoUnit.SECONDS));
    Optional<BaselineRegister.Stored> other =
        database.write(writing -> {
          if (BaselineRegister.add(writing, stored)) {
            audit.append(
                writing,
                AuditKind.BASELINE_ADDED,
                "baseline " + stored.name(),
                Map.of("digest", stored.digest()));
            return Optional.empty();
          }
          return BaselineRegister.byName(writing, stored.name());
        });
    if (other.isPresent() && !other.get().digest().equals(stored.digest())) {
      throw new HgsException(
          "there is another baseline " + stored.name(),
          "give this one another name with --name, or first: shieldwall hgs baseline remove "
              + stored.name());
    }
    return other.isEmpty();
  }

  /** {@return whether there was a baseline of this name to remove} */
  public boolean removeBaseline(String name) {
    return database.write(writing -> {
      boolean removed = BaselineRegister.remove(writing, name);
      if (removed) {
        audit.append(writing, AuditKind.BASELINE_REMOVED, "baseline " + name, Map.of());
      }
      return removed;
    });
  }

  /** {@return every baseline, by name} */
  public List<BaselineRegister.Stored> baselines() {
    return database.read(BaselineRegister::all);
  }

  /** {@return the newest audit records, oldest first} */
  public List<AuditRecord> auditRecords(int limit) {
    return database.read(reading -> audit.newest(reading, limit));
  }

  /**
   * Checks the whole audit record.
   *
   * @param noted a hash noted earlier that must still be in it
   */
  public ChainCheck verifyAudit(Optional<String> noted) {
    return database.read(reading -> audit.verify(reading, noted));
  }
}
