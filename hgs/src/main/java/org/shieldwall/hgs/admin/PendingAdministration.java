package org.shieldwall.hgs.admin;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.policy.PolicySet;
import org.shieldwall.hgs.store.AttestationRegister;
import org.shieldwall.hgs.store.BaselineDocument;
import org.shieldwall.hgs.store.BaselineRegister;
import org.shieldwall.hgs.store.DismissalRegister;
import org.shieldwall.hgs.store.EvidenceRegister;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.LastAttestation;
import org.shieldwall.hgs.store.RegisteredHost;

/** What waits for the administrator after an update, and what they say to it. */
public final class PendingAdministration {
  private static final int LONGEST_NAME = 63;

  private final Recorder recorder;
  private final BaselineAdministration baselines;

  PendingAdministration(Recorder recorder, BaselineAdministration baselines) {
    this.recorder = recorder;
    this.baselines = baselines;
  }

  /** {@return the hosts whose boots wait, by name} */
  public List<Pending> list(boolean dismissedToo) {
    Instant now = recorder.now();
    return recorder.database().read(reading -> new PendingBoots(reading, now).all(dismissedToo));
  }

  /**
   * {@return the host of this name, if its boot waits}
   *
   * @throws HgsException if it does not
   */
  public Pending find(String host) throws HgsException {
    Instant now = recorder.now();
    Optional<Pending> found =
        recorder.database().read(reading -> new PendingBoots(reading, now).of(host));
    return found.orElseThrow(() -> notPending(host));
  }

  private static HgsException notPending(String host) {
    return new HgsException(
        "no boot of host " + host + " waits for approval",
        "shieldwall hgs pending list; shieldwall hgs trace " + host + " says how it stands");
  }

  /**
   * Accepts the boot of a pending host, for every host: the new baseline counts at once, and the
   * one before it for some time yet, so that hosts that have not been updated stay healthy.
   *
   * @param name of the new baseline; nothing: after the one before and the day
   * @param overlap for how long the one before still counts; nothing: for ever
   * @throws HgsException if no boot of this host waits, or the name is taken
   */
  public Pending.Approved approve(String host, Optional<String> name, Optional<Duration> overlap)
      throws HgsException {
    if (name.isPresent() && !BaselineDocument.isName(name.get())) {
      throw new HgsException(
          "\"" + name.get() + "\" cannot be a baseline's name",
          "use letters, digits, dots, dashes and underscores, 63 at most");
    }
    Pending pending = find(host);
    String chosen = name.orElseGet(() -> nameAfter(pending));
    BootBaseline boot =
        new BootBaseline(
            chosen,
            pending.boot().bank(),
            pending.boot().facts(),
            pending.boot().alternatives(),
            pending.boot().commandLine());
    Optional<String> succeeds = pending.before().map(BootBaseline::name);
    BaselineRegister.Stored stored =
        baselines.stored(boot, "approved boot of host " + host, Optional.empty(), succeeds);
    Optional<Instant> expires = overlap.map(recorder.now()::plus);
    Refusable<Boolean> outcome =
        recorder.database().write(writing -> approve(writing, pending, stored, expires));
    var _ = outcome.orThrow();
    return new Pending.Approved(
        chosen, succeeds, succeeds.isPresent() ? expires : Optional.empty(), healthyWith(chosen));
  }

  private Refusable<Boolean> approve(
      Handle writing, Pending pending, BaselineRegister.Stored stored, Optional<Instant> expires) {
    String host = pending.host().name();
    boolean still =
        new PendingBoots(writing, recorder.now())
            .of(host)
            .filter(each -> each.eventLog().equals(pending.eventLog()))
            .isPresent();
    if (!still) {
      return Refusable.refused(notPending(host));
    }
    if (!baselines.add(writing, stored)) {
      return Refusable.refused(BaselineAdministration.taken(stored.name()));
    }
    if (expires.isPresent() && stored.succeeds().isPresent()) {
      baselines.expire(writing, stored.succeeds().get(), expires);
    }
    recorder.record(
        writing,
        AuditKind.PENDING_APPROVED,
        HostAdministration.subject(host),
        Map.of(
            "baseline",
            stored.name(),
            "digest",
            stored.digest(),
            "before",
            stored.succeeds().orElse("none"),
            "beforeExpires",
            expires.map(Instant::toString).orElse("never")));
    return Refusable.done(true);
  }

  private String nameAfter(Pending pending) {
    String day = recorder.now().toString().substring(0, 10).replace("-", "");
    String before =
        pending
            .before()
            .map(BootBaseline::name)
            .orElse(pending.host().name())
            .replaceAll("-\\d{8}(-\\d+)?$", "");
    String stem = before.substring(0, Math.min(before.length(), LONGEST_NAME - 13)) + "-" + day;
    Set<String> taken =
        new java.util.HashSet<>(
            baselines.list().stream().map(BaselineRegister.Stored::name).toList());
    String name = stem;
    for (int i = 2; taken.contains(name); i++) {
      name = stem + "-" + i;
    }
    return name;
  }

  private List<String> healthyWith(String baseline) {
    Instant now = recorder.now();
    return recorder
        .database()
        .read(reading -> {
          PolicySet policies = PolicySet.load(reading, now);
          List<String> healthy = new ArrayList<>();
          for (LastAttestation last : AttestationRegister.all(reading)) {
            Optional<RegisteredHost> host =
                HostRegister.byName(reading, last.host()).filter(RegisteredHost::isRegistered);
            Optional<EvidenceRegister.Found> found =
                last.healthy() ? Optional.empty() : EvidenceRegister.of(reading, last.host());
            if (host.isPresent()
                && found.isPresent()
                && Reappraisal.appraise(
                            found.get().evidence(),
                            host.get(),
                            policies.of(host.get(), now).policy())
                        .verdict()
                    instanceof Verdict.Healthy proven
                && proven.claims().baselines().contains(baseline)) {
              healthy.add(last.host());
            }
          }
          return healthy;
        });
  }

  /**
   * Says that a boot is not accepted: it is listed no more, until the host boots something else.
   *
   * @throws HgsException if no boot of this host waits
   */
  public Pending dismiss(String host) throws HgsException {
    Pending pending = find(host);
    recorder
        .database()
        .write(writing -> {
          DismissalRegister.dismiss(writing, host, pending.eventLog());
          recorder.record(
              writing,
              AuditKind.PENDING_DISMISSED,
              HostAdministration.subject(host),
              Map.of("eventLog", pending.eventLog()));
          return true;
        });
    return pending;
  }
}
