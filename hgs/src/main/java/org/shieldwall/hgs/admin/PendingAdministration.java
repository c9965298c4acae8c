package org.shieldwall.hgs.admin;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.Appraisal;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.FactName;
import org.shieldwall.evidence.FactValue;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
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
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/** What waits for the administrator after an update, and what they say to it. */
public final class PendingAdministration {
  /** What has to hold for the log to be the host's own word. */
  private static final Set<Check> PROVEN =
      EnumSet.of(Check.EK_REGISTERED, Check.AK_ACCEPTABLE, Check.QUOTE, Check.EVENT_LOG);

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
    return recorder.database().read(reading -> list(reading, dismissedToo, now));
  }

  private static List<Pending> list(Handle reading, boolean dismissedToo, Instant now) {
    PolicySet policies = PolicySet.load(reading, now);
    Map<String, String> dismissed = DismissalRegister.all(reading);
    List<Pending> pending = new ArrayList<>();
    for (LastAttestation last : AttestationRegister.all(reading)) {
      if (!last.healthy() && last.failed().contains(Check.BOOT_BASELINE.label())) {
        pending(reading, last, policies, dismissed, now)
            .filter(each -> dismissedToo || !each.dismissed())
            .ifPresent(pending::add);
      }
    }
    return pending;
  }

  /**
   * {@return the host of this name, if its boot waits}
   *
   * @throws HgsException if it does not
   */
  public Pending find(String host) throws HgsException {
    Instant now = recorder.now();
    Optional<Pending> found = recorder.database().read(reading -> find(reading, host, now));
    return found.orElseThrow(() -> notPending(host));
  }

  private static Optional<Pending> find(Handle reading, String host, Instant now) {
    return AttestationRegister.of(reading, host)
        .filter(last -> !last.healthy())
        .flatMap(last ->
            pending(
                reading, last, PolicySet.load(reading, now), DismissalRegister.all(reading), now));
  }

  private static HgsException notPending(String host) {
    return new HgsException(
        "no boot of host " + host + " waits for approval",
        "shieldwall hgs pending list; shieldwall hgs trace " + host + " says how it stands");
  }

  private static Optional<Pending> pending(
      Handle reading,
      LastAttestation last,
      PolicySet policies,
      Map<String, String> dismissed,
      Instant now) {
    Optional<RegisteredHost> host =
        HostRegister.byName(reading, last.host()).filter(RegisteredHost::isRegistered);
    Optional<EvidenceRegister.Found> found = EvidenceRegister.of(reading, last.host());
    if (host.isEmpty() || found.isEmpty() || found.get().evidence().eventLog().isEmpty()) {
      return Optional.empty();
    }
    PolicySet.Applied applied = policies.of(host.get(), now);
    Appraisal appraisal =
        Reappraisal.appraise(found.get().evidence(), host.get(), applied.policy());
    boolean waits =
        PROVEN.stream().allMatch(each -> appraisal.result(each).outcome() == Outcome.PASS)
            && appraisal.result(Check.BOOT_BASELINE).outcome() == Outcome.FAIL;
    if (!waits) {
      return Optional.empty();
    }
    BootFacts facts = facts(found.get().evidence().eventLog().get());
    Optional<BootBaseline> before =
        before(reading, last, applied.policy().settings().baselines(), facts);
    return Optional.of(
        new Pending(
            host.get(),
            last,
            captured(before, facts),
            before,
            before.map(each -> each.diff(facts)).orElse(List.of()),
            beside(appraisal),
            found.get().eventLogDigest().equals(dismissed.get(last.host())),
            found.get().eventLogDigest()));
  }

  private static List<Check> beside(Appraisal appraisal) {
    return appraisal.checks().stream()
        .filter(each -> each.outcome() == Outcome.FAIL || each.outcome() == Outcome.NOT_CHECKED)
        .map(CheckResult::check)
        .filter(check -> check != Check.BOOT_BASELINE)
        .toList();
  }

  /** The log has been held against the quote, so what it says can be drawn from it. */
  private static BootFacts facts(Bytes log) {
    try {
      return BootFacts.draw(
          UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT), TpmHash.SHA256);
    } catch (MalformedException e) {
      throw new IllegalStateException("a log that was replayed does not read", e);
    }
  }

  private static Optional<BootBaseline> before(
      Handle reading, LastAttestation last, List<BootBaseline> accepted, BootFacts facts) {
    for (String name : last.baselines()) {
      Optional<BootBaseline> matched =
          BaselineRegister.byName(reading, name).map(each -> read(each));
      if (matched.isPresent()) {
        return matched;
      }
    }
    return accepted.stream().min(Comparator.comparingInt(each -> each.compare(facts).size()));
  }

  private static BootBaseline read(BaselineRegister.Stored stored) {
    try {
      return BaselineDocument.parse(stored.document().getBytes(StandardCharsets.UTF_8));
    } catch (ProtectorException e) {
      throw new IllegalStateException("the stored baseline " + stored.name() + " does not read", e);
    }
  }

  /** The new baseline holds hosts to the same facts as the one before, no more and no fewer. */
  private static BootBaseline captured(Optional<BootBaseline> before, BootFacts facts) {
    if (before.isEmpty()) {
      return BootBaseline.capture("new", facts, CaptureLevel.BOOT);
    }
    SortedMap<FactName, List<FactValue>> same =
        new TreeMap<>(BootBaseline.capture("new", facts, CaptureLevel.EVERYTHING).facts());
    same.keySet().retainAll(before.get().facts().keySet());
    return new BootBaseline(
        "new", before.get().bank(), same, new TreeMap<>(), before.get().commandLine());
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
        find(writing, host, recorder.now())
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
