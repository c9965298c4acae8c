package org.shieldwall.hgs.admin;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.policy.DefaultPolicy;
import org.shieldwall.hgs.policy.PolicyDocument;
import org.shieldwall.hgs.policy.PolicySet;
import org.shieldwall.hgs.store.BaselineRegister;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.PolicyRegister;
import org.shieldwall.hgs.store.PolicyRegister.State;
import org.shieldwall.hgs.store.PolicyRegister.Stored;
import org.shieldwall.hgs.store.RegisteredHost;

/** What the administrator does with policies. */
public final class PolicyAdministration {
  private static final String LIST = "shieldwall hgs policy list";

  private final Recorder recorder;

  PolicyAdministration(Recorder recorder) {
    this.recorder = recorder;
  }

  /**
   * What came of adding a policy.
   *
   * @param isNew whether it was not there already
   * @param missing baselines that it names and that are not registered: nothing matches them
   */
  public record Added(boolean isNew, List<String> missing) {}

  /**
   * Adds a version of a policy.
   *
   * @param stage whether it is to be tried first; otherwise it is in force from now on
   * @throws HgsException if its version is not above those there are
   */
  public Added add(PolicyDocument document, boolean stage) throws HgsException {
    State state = stage ? State.STAGED : State.ACTIVE;
    Instant now = recorder.now();
    Stored stored =
        new Stored(
            document.name(),
            document.version(),
            document.digest(),
            document.text(),
            state,
            now,
            now);
    Refusable<Added> outcome = recorder.database().write(writing -> add(writing, document, stored));
    return outcome.orThrow();
  }

  private Refusable<Added> add(Handle writing, PolicyDocument document, Stored stored) {
    Map<String, BaselineRegister.Stored> registered =
        BaselineRegister.all(writing).stream()
            .collect(Collectors.toMap(BaselineRegister.Stored::name, Function.identity()));
    List<String> missing = document.missing(registered);
    Optional<Stored> newest = PolicyRegister.versions(writing, stored.name()).stream().findFirst();
    int least = newest.map(Stored::version).orElse(builtIn(stored.name()));
    if (newest.filter(each -> isSame(each, stored)).isPresent()) {
      return newest.get().state() == stored.state()
          ? Refusable.done(new Added(false, missing))
          : Refusable.refused(
              new HgsException(
                  "version "
                      + stored.version()
                      + " is there already, "
                      + newest.get().state().code(),
                  newest.get().state() == State.STAGED
                      ? "shieldwall hgs policy activate " + stored.name()
                      : "count the version up: version = " + (least + 1)));
    }
    if (stored.version() <= least) {
      return Refusable.refused(
          new HgsException(
              "policy " + stored.name() + " has version " + least + " already",
              "count the version up: version = " + (least + 1)));
    }
    PolicyRegister.add(writing, stored, document.files());
    recorder.record(
        writing,
        stored.state() == State.STAGED ? AuditKind.POLICY_STAGED : AuditKind.POLICY_ADDED,
        subject(stored.name()),
        Map.of("version", stored.version(), "digest", stored.digest()));
    return Refusable.done(new Added(true, missing));
  }

  private static boolean isSame(Stored one, Stored other) {
    return one.version() == other.version() && one.digest().equals(other.digest());
  }

  private static int builtIn(String name) {
    return name.equals(DefaultPolicy.NAME) ? DefaultPolicy.VERSION : 0;
  }

  private static String subject(String name) {
    return "policy " + name;
  }

  /** {@return every version of every policy, by name, the newest first} */
  public List<Stored> list() {
    return recorder.database().read(PolicyRegister::all);
  }

  /** {@return the policy of each label that has one} */
  public SortedMap<String, String> assignments() {
    return recorder.database().read(PolicyRegister::assignments);
  }

  /** {@return the version of this name that is in force, or the staged one} */
  public Optional<Stored> find(String name, State state) {
    return recorder.database().read(reading -> PolicyRegister.inState(reading, name, state));
  }

  /** {@return a stored version, read} */
  public PolicyDocument document(Stored stored) {
    return recorder.database().read(reading -> PolicySet.document(reading, stored));
  }

  /**
   * Puts the staged version in force.
   *
   * @throws HgsException if none is staged
   */
  public Stored activate(String name) throws HgsException {
    Refusable<Stored> outcome =
        recorder
            .database()
            .write(writing -> {
              Optional<Stored> staged = PolicyRegister.inState(writing, name, State.STAGED);
              if (staged.isEmpty()) {
                return Refusable.refused(
                    new HgsException(
                        "no version of policy " + name + " is staged",
                        "shieldwall hgs policy add FILE --stage"));
              }
              PolicyRegister.activate(writing, staged.get(), recorder.now());
              recorder.record(
                  writing,
                  AuditKind.POLICY_ACTIVATED,
                  subject(name),
                  Map.of("version", staged.get().version(), "digest", staged.get().digest()));
              return Refusable.done(staged.get());
            });
    return outcome.orThrow();
  }

  /**
   * Holds the hosts with a label to a policy.
   *
   * @throws HgsException if there is no such policy in force, or a host would have two
   */
  public void assign(String name, String label) throws HgsException {
    HostAdministration.requireLabel(label);
    Refusable<Boolean> outcome = recorder.database().write(writing -> assign(writing, name, label));
    var _ = outcome.orThrow();
  }

  private Refusable<Boolean> assign(Handle writing, String name, String label) {
    if (builtIn(name) == 0 && PolicyRegister.inState(writing, name, State.ACTIVE).isEmpty()) {
      return Refusable.refused(new HgsException("no policy " + name + " is in force", LIST));
    }
    SortedMap<String, String> after = new TreeMap<>(PolicyRegister.assignments(writing));
    after.put(label, name);
    for (RegisteredHost host : HostRegister.all(writing)) {
      Optional<HgsException> conflict =
          host.labels().contains(label)
              ? HostAdministration.conflict(host.name(), host.labels(), after)
              : Optional.empty();
      if (conflict.isPresent()) {
        return Refusable.refused(conflict.get());
      }
    }
    PolicyRegister.assign(writing, label, name);
    recorder.record(writing, AuditKind.POLICY_ASSIGNED, subject(name), Map.of("label", label));
    return Refusable.done(true);
  }

  /** {@return whether the label had a policy; its hosts have the default one from now on} */
  public boolean unassign(String label) {
    return recorder
        .database()
        .write(writing -> {
          boolean had = PolicyRegister.unassign(writing, label);
          if (had) {
            recorder.record(
                writing, AuditKind.POLICY_UNASSIGNED, "label " + label, Map.of("label", label));
          }
          return had;
        });
  }

  /**
   * Removes a policy, or only its staged version.
   *
   * @throws HgsException if there is none, or it is assigned to a label, or only built in
   */
  public List<Stored> remove(String name, boolean stagedOnly) throws HgsException {
    Refusable<List<Stored>> outcome =
        recorder.database().write(writing -> remove(writing, name, stagedOnly));
    return outcome.orThrow();
  }

  private Refusable<List<Stored>> remove(Handle writing, String name, boolean stagedOnly) {
    List<Stored> versions =
        PolicyRegister.versions(writing, name).stream()
            .filter(each -> !stagedOnly || each.state() == State.STAGED)
            .toList();
    if (versions.isEmpty()) {
      return Refusable.refused(
          builtIn(name) > 0
              ? new HgsException(
                  "the policy " + name + " is built in and cannot be removed",
                  "replace it by a document of that name and a higher version")
              : new HgsException("there is no policy " + name, LIST));
    }
    List<String> labels =
        PolicyRegister.assignments(writing).entrySet().stream()
            .filter(each -> each.getValue().equals(name))
            .map(Map.Entry::getKey)
            .toList();
    if (!stagedOnly && !labels.isEmpty() && builtIn(name) == 0) {
      return Refusable.refused(
          new HgsException(
              "policy " + name + " is assigned to " + String.join(", ", labels),
              "assign those labels another one: shieldwall hgs policy assign NAME --label "
                  + labels.getFirst()));
    }
    PolicyRegister.remove(writing, versions);
    recorder.record(
        writing,
        AuditKind.POLICY_REMOVED,
        subject(name),
        Map.of("versions", versions.stream().map(Stored::version).toList()));
    return Refusable.done(versions);
  }
}
