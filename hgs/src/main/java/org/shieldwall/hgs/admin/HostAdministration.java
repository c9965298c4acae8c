package org.shieldwall.hgs.admin;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.endorsement.Endorsements;
import org.shieldwall.hgs.policy.DefaultPolicy;
import org.shieldwall.hgs.store.AttestationRegister;
import org.shieldwall.hgs.store.ExceptionRegister;
import org.shieldwall.hgs.store.ExceptionRegister.CheckException;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.HostRegister.Moved;
import org.shieldwall.hgs.store.Labels;
import org.shieldwall.hgs.store.LastAttestation;
import org.shieldwall.hgs.store.PolicyRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.hgs.store.RegisteredHost.State;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HostIdentity;

/** What the administrator does with hosts. */
public final class HostAdministration {
  private final Recorder recorder;
  private final Endorsements endorsements;

  HostAdministration(Recorder recorder, Endorsements endorsements) {
    this.recorder = recorder;
    this.endorsements = endorsements;
  }

  /**
   * Registers a host, or brings what is known of its TPM up to date.
   *
   * @param keyAlone whether its key will do whatever the service asks for otherwise
   * @throws HgsException if its name belongs to another key, its key to another name, it is
   *     quarantined, the document contradicts itself, or no trusted maker certifies the key where
   *     that is asked for
   */
  public Administration.HostChange add(HostIdentity identity, boolean keyAlone)
      throws HgsException {
    return new HostRegistration(recorder, endorsements).add(identity, keyAlone);
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
            if (to == State.REVOKED || to == State.REMOVED) {
              endExceptions(writing, name);
            }
          }
          return moved;
        });
  }

  /** A machine that is taken in again has to pass every check. */
  private void endExceptions(Handle writing, String name) {
    for (CheckException each : ExceptionRegister.all(writing)) {
      if (each.host().equals(name) && ExceptionRegister.remove(writing, name, each.check())) {
        recorder.record(
            writing, AuditKind.EXCEPTION_ENDED, subject(name), Map.of("check", each.check()));
      }
    }
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
   * @param policy the policy it is held to; the mode where that asks for no more than itself
   * @param last how it last attested; nothing if it never did
   * @param barred why it may not attest although it is registered, in a few words
   */
  public record Standing(
      RegisteredHost host,
      String policy,
      Optional<LastAttestation> last,
      Optional<String> barred) {}

  /** {@return the host of this name, registered or removed, and how it stands} */
  public Optional<Standing> standing(String name) {
    return recorder
        .database()
        .read(reading ->
            HostRegister.byName(reading, name)
                .map(host ->
                    standing(
                        host,
                        PolicyRegister.assignments(reading),
                        AttestationRegister.of(reading, name),
                        new Barred(reading, endorsements, recorder.now()))));
  }

  private static Standing standing(
      RegisteredHost host,
      Map<String, String> assignments,
      Optional<LastAttestation> last,
      Barred barred) {
    return new Standing(
        host,
        host.mode() == AttestationMode.TPM
            ? DefaultPolicy.nameFor(host.labels(), assignments)
            : host.mode().id(),
        last,
        barred.why(host));
  }

  /** {@return every host, by name, and how it stands} */
  public List<Standing> list() {
    return recorder
        .database()
        .read(reading -> {
          Map<String, LastAttestation> last = new HashMap<>();
          AttestationRegister.all(reading).forEach(each -> last.put(each.host(), each));
          Map<String, String> assignments = PolicyRegister.assignments(reading);
          Barred barred = new Barred(reading, endorsements, recorder.now());
          List<Standing> standings = new ArrayList<>();
          for (RegisteredHost host : HostRegister.all(reading)) {
            standings.add(
                standing(host, assignments, Optional.ofNullable(last.get(host.name())), barred));
          }
          return standings;
        });
  }
}
