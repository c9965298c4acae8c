package org.shieldwall.hgs.policy;

import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.Check;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.store.BaselineRegister;
import org.shieldwall.hgs.store.ExceptionRegister;
import org.shieldwall.hgs.store.ExceptionRegister.CheckException;
import org.shieldwall.hgs.store.PolicyRegister;
import org.shieldwall.hgs.store.PolicyRevision;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** Which host is held to what: the policies in force, whose they are, and the exceptions. */
public final class PolicySet {
  private final long revision;
  private final Instant until;
  private final AcceptedBaselines baselines;
  private final Map<String, AttestationPolicy> policies;
  private final Map<String, AttestationPolicy> staged;
  private final Map<String, Optional<List<String>>> named;
  private final Map<String, String> assignments;
  private final Map<String, List<CheckException>> exceptions;

  private PolicySet(
      long revision,
      Instant until,
      AcceptedBaselines baselines,
      Map<String, AttestationPolicy> policies,
      Map<String, AttestationPolicy> staged,
      Map<String, Optional<List<String>>> named,
      Map<String, String> assignments,
      Map<String, List<CheckException>> exceptions) {
    this.revision = revision;
    this.until = until;
    this.baselines = baselines;
    this.policies = policies;
    this.staged = staged;
    this.named = named;
    this.assignments = assignments;
    this.exceptions = exceptions;
  }

  /** {@return what the store says} */
  public static PolicySet load(Handle reading, Instant now) {
    AcceptedBaselines baselines = AcceptedBaselines.of(BaselineRegister.all(reading), now);
    Map<String, AttestationPolicy> policies = new HashMap<>();
    Map<String, AttestationPolicy> staged = new HashMap<>();
    Map<String, Optional<List<String>>> named = new HashMap<>();
    policies.put(
        DefaultPolicy.NAME,
        AttestationPolicy.standard(
            DefaultPolicy.NAME, DefaultPolicy.VERSION, baselines.named(Optional.empty())));
    for (PolicyRegister.Stored each : PolicyRegister.all(reading)) {
      switch (each.state()) {
        case ACTIVE -> {
          PolicyDocument document = document(reading, each);
          policies.put(each.name(), document.policy(baselines));
          named.put(each.name(), document.baselines());
        }
        case STAGED -> staged.put(each.name(), document(reading, each).policy(baselines));
        case FORMER -> {}
      }
    }
    Map<String, List<CheckException>> exceptions =
        ExceptionRegister.all(reading).stream()
            .filter(each -> now.isBefore(each.expires()))
            .collect(Collectors.groupingBy(CheckException::host));
    return new PolicySet(
        PolicyRevision.current(reading),
        baselines.until(now),
        baselines,
        policies,
        staged,
        named,
        PolicyRegister.assignments(reading),
        exceptions);
  }

  /** {@return a stored document, read again} */
  public static PolicyDocument document(Handle reading, PolicyRegister.Stored stored) {
    try {
      return PolicyReader.read(
          "policy " + stored.name(),
          stored.document(),
          PolicyFiles.of(PolicyRegister.files(reading, stored)));
    } catch (HgsException e) {
      throw new IllegalStateException("the stored policy " + stored.name() + " does not read", e);
    }
  }

  /**
   * {@return whether it is what the store says}
   *
   * @param current the store's {@link PolicyRevision}
   */
  public boolean isCurrent(long current, Instant now) {
    return revision == current && now.isBefore(until);
  }

  /**
   * What a host is held to.
   *
   * @param policy without the checks that it need not pass
   * @param exceptions for which checks that is so, and until when
   */
  public record Applied(AttestationPolicy policy, List<CheckException> exceptions) {
    /** Keeps its own copy of the list. */
    public Applied {
      exceptions = List.copyOf(exceptions);
    }

    /** {@return until when the exceptions hold, all of them} */
    Instant until() {
      return exceptions.stream()
          .map(CheckException::expires)
          .min(Instant::compareTo)
          .orElse(Instant.MAX);
    }
  }

  /** {@return what this host is held to} */
  public Applied of(RegisteredHost host, Instant now) {
    return excepting(required(nameOf(host)), host.name(), now);
  }

  /** {@return what this host would be held to, if this were its policy} */
  public Applied of(RegisteredHost host, PolicyDocument draft, Instant now) {
    return excepting(draft.policy(baselines), host.name(), now);
  }

  /**
   * What a host is asked to show.
   *
   * @param pcrs that its quote has to cover
   * @param ima whether it is to send its IMA list
   */
  public record Asked(NavigableSet<Integer> pcrs, boolean ima) {}

  /**
   * {@return what this host is asked for}: what it is held to, and what a staged version of its
   * policy would hold it to, so that trying that one decides something. So are policies that are
   * staged and never were in force: any host's labels may be given to them. Nothing but {@code
   * applied} judges what comes.
   */
  public Asked asked(RegisteredHost host, Applied applied) {
    NavigableSet<Integer> pcrs = new TreeSet<>(applied.policy().pcrs());
    boolean ima = applied.policy().needsImaList();
    for (Map.Entry<String, AttestationPolicy> each : staged.entrySet()) {
      if (each.getKey().equals(nameOf(host)) || !policies.containsKey(each.getKey())) {
        pcrs.addAll(each.getValue().pcrs());
        ima |= each.getValue().needsImaList();
      }
    }
    return new Asked(pcrs, ima);
  }

  /** {@return the name of the policy that this host is held to} */
  public String nameOf(RegisteredHost host) {
    return DefaultPolicy.nameFor(host.labels(), assignments);
  }

  /**
   * {@return names of the baselines that this host's policy accepts, those that have expired too}
   * What is approved in place of one of them is accepted by it.
   */
  public SortedSet<String> baselinesOf(RegisteredHost host) {
    return baselines.namesOf(named.getOrDefault(nameOf(host), Optional.empty()));
  }

  private AttestationPolicy required(String name) {
    return Optional.ofNullable(policies.get(name))
        .orElseThrow(() -> new IllegalStateException("policy " + name + " is assigned and gone"));
  }

  private Applied excepting(AttestationPolicy policy, String host, Instant now) {
    List<CheckException> all = exceptions.getOrDefault(host, List.of());
    if (all.isEmpty()) {
      return new Applied(policy, List.of());
    }
    List<CheckException> good =
        all.stream()
            .filter(each -> now.isBefore(each.expires()))
            .filter(each ->
                Check.ofLabel(each.check())
                    .filter(Check::canBeSwitched)
                    .filter(policy::isOn)
                    .isPresent())
            .toList();
    Set<Check> off = EnumSet.noneOf(Check.class);
    good.forEach(each -> Check.ofLabel(each.check()).ifPresent(off::add));
    return off.isEmpty() ? new Applied(policy, List.of()) : new Applied(policy.without(off), good);
  }

  /**
   * {@return a digest that differs whenever what a host is held to does} The revision covers every
   * document, baseline and list; the checks cover exceptions that run out by themselves.
   */
  public Bytes digestOf(Applied applied) {
    AttestationPolicy policy = applied.policy();
    String checks =
        policy.on().stream().map(Check::label).sorted().collect(Collectors.joining(" "));
    String rules = revision + "\n" + policy.name() + "\n" + policy.version() + "\n" + checks;
    return TpmHash.SHA256.hash(Bytes.ofText(rules));
  }

  /**
   * {@return until when a certificate may be good that rests on this}
   *
   * @param matched names of the baselines that the boot is
   */
  public Instant until(Applied applied, List<String> matched) {
    Instant baseline = baselines.lastExpiry(matched);
    return baseline.isBefore(applied.until()) ? baseline : applied.until();
  }
}
