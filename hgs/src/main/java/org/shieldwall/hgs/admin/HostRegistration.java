package org.shieldwall.hgs.admin;

import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.Finding;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.admin.Administration.HostChange;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.endorsement.Endorsement;
import org.shieldwall.hgs.endorsement.Endorsements;
import org.shieldwall.hgs.endorsement.Requirement;
import org.shieldwall.hgs.store.EndorsementKey;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.HostRegister.Added;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.MalformedException;

/** Registers hosts by their TPM. */
final class HostRegistration {
  private static final String IDENTITY_AGAIN =
      "make the identity again on the host: shieldwall host identity";

  private final Recorder recorder;
  private final Endorsements endorsements;

  HostRegistration(Recorder recorder, Endorsements endorsements) {
    this.recorder = recorder;
    this.endorsements = endorsements;
  }

  /** What the one transaction came to. */
  private record Outcome(Added added, Endorsement endorsement, Optional<Finding> refusal) {}

  HostChange add(HostIdentity identity, boolean keyAlone) throws HgsException {
    EndorsementKey ek = endorsementKey(identity);
    Instant now = recorder.now();
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
    Outcome outcome =
        recorder.database().write(writing -> add(writing, host, identity, keyAlone, now));
    if (outcome.refusal().isPresent()) {
      throw uncertified(host.name(), outcome.refusal().get());
    }
    return switch (outcome.added()) {
      case NEW, AGAIN, ALREADY, UPDATED ->
          new HostChange(host, outcome.added(), outcome.endorsement());
      case QUARANTINED ->
          throw new HgsException(
              "host " + host.name() + " is quarantined",
              "once you know why: shieldwall hgs host restore " + host.name());
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

  private Outcome add(
      Handle writing, RegisteredHost host, HostIdentity identity, boolean keyAlone, Instant now) {
    Endorsement endorsement = endorsements.describe(writing, identity, now);
    Requirement requirement = Requirement.current(writing);
    if (requirement != Requirement.KEY && !keyAlone && !endorsement.isTrusted()) {
      return new Outcome(
          Added.ALREADY, endorsement, Optional.of(endorsement.findings().getFirst()));
    }
    Optional<RegisteredHost> before = HostRegister.byName(writing, host.name());
    Added added = HostRegister.add(writing, host);
    if (added == Added.NAME_TAKEN || added == Added.KEY_TAKEN || added == Added.QUARANTINED) {
      return new Outcome(added, endorsement, Optional.empty());
    }
    boolean wasAlone = HostRegister.isKeyAlone(writing, host.name());
    boolean alone = keyAlone || (wasAlone && !endorsement.isTrusted());
    HostRegister.setKeyAlone(writing, host.name(), alone, now);
    boolean changed = alone != wasAlone;
    if (identity.ekCertificate().isPresent()
        && before.filter(known -> !known.identity().equals(host.identity())).isPresent()) {
      HostRegister.setIdentity(writing, host.name(), host.identity());
      changed = true;
    }
    if (added == Added.ALREADY && changed) {
      added = Added.UPDATED;
    }
    record(writing, host, added, endorsement, alone);
    return new Outcome(added, endorsement, Optional.empty());
  }

  private void record(
      Handle writing, RegisteredHost host, Added added, Endorsement endorsement, boolean alone) {
    if (added == Added.ALREADY) {
      return;
    }
    Map<String, Object> facts = new TreeMap<>();
    facts.put("ek", host.ek());
    facts.put("again", added == Added.AGAIN);
    facts.put("keyAlone", alone);
    facts.put("maker", endorsement.maker().orElse(""));
    endorsement.certificate().ifPresent(each -> facts.put("certificate", each.sha256().hex()));
    AuditKind kind =
        added == Added.UPDATED ? AuditKind.HOST_ENDORSEMENT_CHANGED : AuditKind.HOST_ADDED;
    recorder.record(writing, kind, HostAdministration.subject(host.name()), facts);
  }

  private static HgsException uncertified(String name, Finding finding) {
    return new HgsException(
        "no trusted TPM maker certifies the TPM of "
            + name
            + ", and the service asks for that: "
            + finding.detail(),
        "add the maker's certificates (shieldwall hgs trust add), or, if you know whose TPM it is,"
            + " register its key alone: --key-alone");
  }

  private String nameOf(String ek) {
    return recorder
        .database()
        .read(reading -> HostRegister.byKey(reading, ek))
        .map(RegisteredHost::name)
        .orElse("of another host");
  }

  private static EndorsementKey endorsementKey(HostIdentity identity) throws HgsException {
    try {
      EndorsementKey ek = EndorsementKey.of(identity.ekPublic());
      if (identity.ekCertificate().isPresent()) {
        Optional<PublicKey> certified =
            Endorsements.certificate(identity.ekCertificate().get()).key().key();
        if (!certified
            .map(EndorsementKey::of)
            .map(EndorsementKey::id)
            .equals(Optional.of(ek.id()))) {
          throw new HgsException(
              "the endorsement certificate in the identity is for another key", IDENTITY_AGAIN);
        }
      }
      return ek;
    } catch (MalformedException e) {
      throw new HgsException(
          "the endorsement key or certificate in the identity cannot be used: " + e.getMessage(),
          IDENTITY_AGAIN,
          e);
    }
  }
}
