package org.shieldwall.hgs.admin;

import java.nio.charset.StandardCharsets;
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
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.FactName;
import org.shieldwall.evidence.FactValue;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
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

/** Finds the boots that wait, in what hosts showed last and under the policies of now. */
final class PendingBoots {
  /** What has to hold for the log to be the host's own word. */
  private static final Set<Check> PROVEN =
      EnumSet.of(Check.EK_REGISTERED, Check.AK_ACCEPTABLE, Check.QUOTE, Check.EVENT_LOG);

  private final Handle reading;
  private final Instant now;
  private final PolicySet policies;
  private final Map<String, String> dismissed;

  PendingBoots(Handle reading, Instant now) {
    this.reading = reading;
    this.now = now;
    this.policies = PolicySet.load(reading, now);
    this.dismissed = DismissalRegister.all(reading);
  }

  /** {@return every one, by host} */
  List<Pending> all(boolean dismissedToo) {
    List<Pending> pending = new ArrayList<>();
    for (LastAttestation last : AttestationRegister.all(reading)) {
      if (!last.healthy() && last.failed().contains(Check.BOOT_BASELINE.label())) {
        pending(last).filter(each -> dismissedToo || !each.dismissed()).ifPresent(pending::add);
      }
    }
    return pending;
  }

  /** {@return the host of this name, if its boot waits} */
  Optional<Pending> of(String host) {
    return AttestationRegister.of(reading, host)
        .filter(last -> !last.healthy())
        .flatMap(this::pending);
  }

  private Optional<Pending> pending(LastAttestation last) {
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
    List<BaselineRegister.Stored> before = before(last, policies.baselinesOf(host.get()), facts);
    return before.isEmpty()
        ? boot(host.get(), last, found.get(), appraisal, Optional.empty(), facts)
        : before.stream()
            .map(PendingBoots::read)
            .flatMap(each ->
                boot(host.get(), last, found.get(), appraisal, Optional.of(each), facts).stream())
            .findFirst();
  }

  /** Nothing if the host was not asked for a quote of all that such a baseline speaks of. */
  private Optional<Pending> boot(
      RegisteredHost host,
      LastAttestation last,
      EvidenceRegister.Found found,
      Appraisal appraisal,
      Optional<BootBaseline> before,
      BootFacts facts) {
    BootBaseline boot = captured(before, facts, found.evidence().commandLine());
    AttestationPolicy policy = policies.of(host, now).policy();
    Appraisal asIf =
        Reappraisal.appraise(
            found.evidence(), host, policy.with(policy.settings().withBaselines(List.of(boot))));
    boolean proven =
        PROVEN.stream().allMatch(each -> asIf.result(each).outcome() == Outcome.PASS)
            && asIf.result(Check.BOOT_BASELINE).outcome() == Outcome.PASS;
    return proven
        ? Optional.of(
            new Pending(
                host,
                last,
                boot,
                before,
                before.map(each -> each.diff(facts)).orElse(List.of()),
                beside(appraisal),
                found.eventLogDigest().equals(dismissed.get(last.host())),
                found.eventLogDigest()))
        : Optional.empty();
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

  /**
   * Those that the host matched last, then the nearest; only such as its policy accepts, or did
   * until they expired: what is approved in place of another would not make the host healthy.
   */
  private List<BaselineRegister.Stored> before(
      LastAttestation last, Set<String> allowed, BootFacts facts) {
    return allowed.stream()
        .map(name -> BaselineRegister.byName(reading, name))
        .flatMap(Optional::stream)
        .sorted(
            Comparator.comparing(
                    (BaselineRegister.Stored each) -> !last.baselines().contains(each.name()))
                .thenComparing(each -> !each.isGood(now))
                .thenComparingInt(each -> read(each).compare(facts).size()))
        .toList();
  }

  private static BootBaseline read(BaselineRegister.Stored stored) {
    try {
      return BaselineDocument.parse(stored.document().getBytes(StandardCharsets.UTF_8));
    } catch (ProtectorException e) {
      throw new IllegalStateException("the stored baseline " + stored.name() + " does not read", e);
    }
  }

  /**
   * The new baseline holds hosts to the same facts as the one before, no more and no fewer; to the
   * command line as it is where that does not keep to the rules of before.
   */
  private static BootBaseline captured(
      Optional<BootBaseline> before, BootFacts facts, Optional<String> claimed) {
    if (before.isEmpty()) {
      return BootBaseline.capture("new", facts, CaptureLevel.BOOT);
    }
    SortedMap<FactName, List<FactValue>> same =
        new TreeMap<>(BootBaseline.capture("new", facts, CaptureLevel.EVERYTHING).facts());
    same.keySet().retainAll(before.get().facts().keySet());
    BootBaseline ruled =
        new BootBaseline(
            "new", before.get().bank(), same, new TreeMap<>(), before.get().commandLine());
    if (ruled.compare(facts, claimed).isEmpty()) {
      return ruled;
    }
    SortedMap<FactName, List<FactValue>> literal =
        new TreeMap<>(BootBaseline.capture("new", facts, CaptureLevel.BOOT).facts());
    literal.keySet().retainAll(Set.of(FactName.KERNEL_COMMAND_LINE, FactName.LOADED_FILES));
    literal.putAll(same);
    return new BootBaseline("new", before.get().bank(), literal);
  }
}
