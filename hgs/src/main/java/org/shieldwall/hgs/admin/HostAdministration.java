package org.shieldwall.hgs.admin;

import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.attestation.DefaultPolicy;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.store.AttestationRegister;
import org.shieldwall.hgs.store.EndorsementKey;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.HostRegister.Added;
import org.shieldwall.hgs.store.HostRegister.Moved;
import org.shieldwall.hgs.store.Labels;
import org.shieldwall.hgs.store.LastAttestation;
import org.shieldwall.hgs.store.PolicyRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.hgs.store.RegisteredHost.State;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.MalformedException;

/** What the administrator does with hosts. */
public final class HostAdministration {
  private final Recorder recorder;

  HostAdministration(Recorder recorder) {
    this.recorder = recorder;
  }

  /**
   * Registers a host.
   *
   * @throws HgsException if its name belongs to another key, its key to another name, it is
   *     quarantined, or the document contradicts itself
   */
  public Administration.HostChange add(HostIdentity identity) throws HgsException {
    EndorsementKey ek = endorsementKey(identity);
    Instant now = recorder.now();
    RegisteredHost host =
        new RegisteredHost(
            identity.name(),
            AttestationMode.TPM,
            ek.id().hex(),
            identity.ekPublic(),
            new String(identity.toBytes(), StandardCharsets.UTF_8),
            State.REGISTERED,
            "",
            List.of(),
            now,
            now);
    Added added =
        recorder
            .database()
            .write(writing -> {
              Added outcome = HostRegister.add(writing, host);
              if (outcome == Added.NEW || outcome == Added.AGAIN) {
                recorder.record(
                    writing,
                    AuditKind.HOST_ADDED,
                    subject(host.name()),
                    Map.of("ek", host.ek(), "again", outcome == Added.AGAIN));
              }
              return outcome;
            });
    return switch (added) {
      case NEW, AGAIN, ALREADY -> new Administration.HostChange(host, added);
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

  /** {@return whether there was a host of this name to remove} */
  public boolean remove(String name) {
    return move(name, State.REMOVED, "", AuditKind.HOST_REMOVED) == Moved.DONE;
  }

  /** Ends releases to a host until it is restored; it may not attest either. */
  public Moved quarantine(String name, String why) throws HgsException {
    return required(name, move(name, State.QUARANTINED, why, AuditKind.HOST_QUARANTINED));
  }

  /** Lets a quarantined host attest again; certificates from before stay worthless. */
  public Moved restore(String name) throws HgsException {
    return required(name, move(name, State.REGISTERED, "", AuditKind.HOST_RESTORED));
  }

  /** Ends releases to a host for good: only adding it again brings it back. */
  public Moved revoke(String name, String why) throws HgsException {
    return required(name, move(name, State.REVOKED, why, AuditKind.HOST_REVOKED));
  }

  private Moved move(String name, State to, String why, AuditKind kind) {
    return recorder
        .database()
        .write(writing -> {
          Moved moved = HostRegister.move(writing, name, to, why, recorder.now());
          if (moved == Moved.DONE) {
            recorder.record(
                writing, kind, subject(name), why.isEmpty() ? Map.of() : Map.of("why", why));
          }
          return moved;
        });
  }

  private static Moved required(String name, Moved moved) throws HgsException {
    return switch (moved) {
      case DONE, ALREADY -> moved;
      case NO_HOST -> throw noHost(name);
      case NO_WAY ->
          throw new HgsException(
              "host " + name + " is revoked",
              "register it again by its identity, once you trust its machine: shieldwall hgs host"
                  + " add FILE");
    };
  }

  static HgsException noHost(String name) {
    return new HgsException("no host " + name + " is registered", "shieldwall hgs host list");
  }

  static String subject(String name) {
    return "host " + name;
  }

  /**
   * Gives a host labels and takes others away.
   *
   * @return the labels it has now
   * @throws HgsException if there is no such host, a label cannot be one, or two of its labels have
   *     different policies
   */
  public List<String> label(String name, Collection<String> add, Collection<String> remove)
      throws HgsException {
    for (String label : add) {
      requireLabel(label);
    }
    Refusable<List<String>> outcome =
        recorder.database().write(writing -> label(writing, name, add, remove));
    return outcome.orThrow();
  }

  static void requireLabel(String label) throws HgsException {
    if (!Labels.isLabel(label)) {
      throw new HgsException(
          "\"" + label + "\" cannot be a label",
          "use letters, digits, dots, dashes and underscores, 63 at most");
    }
  }

  private Refusable<List<String>> label(
      Handle writing, String name, Collection<String> add, Collection<String> remove) {
    Optional<RegisteredHost> host = registered(writing, name);
    if (host.isEmpty()) {
      return Refusable.refused(noHost(name));
    }
    TreeSet<String> labels = new TreeSet<>(host.get().labels());
    labels.addAll(add);
    labels.removeAll(remove);
    List<String> after = List.copyOf(labels);
    Optional<HgsException> conflict = conflict(name, after, PolicyRegister.assignments(writing));
    if (conflict.isPresent()) {
      return Refusable.refused(conflict.get());
    }
    if (!after.equals(host.get().labels())) {
      HostRegister.setLabels(writing, name, after);
      recorder.record(
          writing,
          AuditKind.HOST_LABELLED,
          subject(name),
          Map.of("labels", after, "before", host.get().labels()));
    }
    return Refusable.done(after);
  }

  /** {@return the host of this name, unless it was removed} */
  static Optional<RegisteredHost> registered(Handle handle, String name) {
    return HostRegister.byName(handle, name).filter(each -> each.state() != State.REMOVED);
  }

  /** {@return why these labels cannot be one host's: they have different policies} */
  static Optional<HgsException> conflict(
      String host, List<String> labels, Map<String, String> assignments) {
    List<String> assigned = labels.stream().filter(assignments::containsKey).toList();
    for (String label : assigned) {
      String policy = String.valueOf(assignments.get(label));
      String first = String.valueOf(assignments.get(assigned.getFirst()));
      if (!policy.equals(first)) {
        return Optional.of(
            new HgsException(
                "host "
                    + host
                    + " would have two policies: "
                    + first
                    + " by label "
                    + assigned.getFirst()
                    + " and "
                    + policy
                    + " by label "
                    + label,
                "take one of the labels from it: shieldwall hgs host label "
                    + host
                    + " --remove "
                    + label));
      }
    }
    return Optional.empty();
  }

  /**
   * A host and how it stands.
   *
   * @param policy the policy it is held to
   * @param last how it last attested; nothing if it never did
   */
  public record Standing(RegisteredHost host, String policy, Optional<LastAttestation> last) {}

  /** {@return every host, by name, and how it stands} */
  public List<Standing> list() {
    return recorder
        .database()
        .read(reading -> {
          Map<String, LastAttestation> last = new HashMap<>();
          AttestationRegister.all(reading).forEach(each -> last.put(each.host(), each));
          Map<String, String> assignments = PolicyRegister.assignments(reading);
          List<Standing> standings = new ArrayList<>();
          for (RegisteredHost host : HostRegister.all(reading)) {
            standings.add(
                new Standing(
                    host,
                    DefaultPolicy.nameFor(host.labels(), assignments),
                    Optional.ofNullable(last.get(host.name()))));
          }
          return standings;
        });
  }
}
