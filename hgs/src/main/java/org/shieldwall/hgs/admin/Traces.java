package org.shieldwall.hgs.admin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.Appraisal;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.endorsement.Endorsements;
import org.shieldwall.hgs.policy.PolicyDocument;
import org.shieldwall.hgs.policy.PolicySet;
import org.shieldwall.hgs.policy.PolicySet.Applied;
import org.shieldwall.hgs.store.AttestationRegister;
import org.shieldwall.hgs.store.EvidenceRegister;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.LastAttestation;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.hgs.store.RegisteredHost.State;

/** Explains hosts from what they last sent, at any time, and tries policies on it. */
public final class Traces {
  private final Recorder recorder;
  private final Endorsements endorsements;

  Traces(Recorder recorder, Endorsements endorsements) {
    this.recorder = recorder;
    this.endorsements = endorsements;
  }

  /**
   * A host explained.
   *
   * @param last when and how it last attested
   * @param applied what it is held to now
   * @param appraisal what its last evidence comes to under that
   * @param barred why it may not attest although it is registered, in a few words
   * @param dropped what of the evidence was too large to be kept
   */
  public record HostTrace(
      RegisteredHost host,
      LastAttestation last,
      Applied applied,
      Appraisal appraisal,
      Optional<String> barred,
      List<String> dropped) {}

  /**
   * {@return the host explained, under its policy of now}
   *
   * @throws HgsException if there is no such host, or it has never sent evidence that could be its
   */
  public HostTrace trace(String name) throws HgsException {
    Instant now = recorder.now();
    Refusable<HostTrace> outcome =
        recorder
            .database()
            .read(reading -> {
              Optional<RegisteredHost> host = HostRegister.byName(reading, name);
              if (host.isEmpty()) {
                return Refusable.refused(HostAdministration.noHost(name));
              }
              Optional<EvidenceRegister.Found> found = EvidenceRegister.of(reading, name);
              Optional<LastAttestation> last = AttestationRegister.of(reading, name);
              if (found.isEmpty() || last.isEmpty()) {
                return Refusable.refused(noEvidence(name, last));
              }
              Applied applied = PolicySet.load(reading, now).of(host.get(), now);
              Barred barred = new Barred(reading, endorsements, now);
              Appraisal appraisal =
                  endorsed(
                      Reappraisal.appraise(found.get().evidence(), host.get(), applied.policy()),
                      barred.byMaker(host.get()));
              return Refusable.done(
                  new HostTrace(
                      host.get(),
                      last.get(),
                      applied,
                      appraisal,
                      barred.why(host.get()),
                      found.get().dropped()));
            });
    return outcome.orThrow();
  }

  /**
   * A registered key that no trusted maker certifies, where that is asked for, counts for nothing.
   */
  private static Appraisal endorsed(Appraisal appraisal, List<Finding> findings) {
    if (findings.isEmpty()) {
      return appraisal;
    }
    List<CheckResult> checks =
        appraisal.checks().stream()
            .map(each ->
                each.check() == Check.EK_REGISTERED
                    ? CheckResult.fail(Check.EK_REGISTERED, findings)
                    : each)
            .toList();
    return new Appraisal(new Verdict.Refused(findings), checks, appraisal.imaResume());
  }

  private static HgsException noEvidence(String name, Optional<LastAttestation> last) {
    return last.isPresent()
        ? new HgsException(
            "host " + name + " attests in mode " + last.get().mode() + ", which keeps no evidence",
            "shieldwall hgs audit list says what came of its requests")
        : new HgsException(
            "host " + name + " has not attested yet",
            "on the host: shieldwall host attest; its refusals before that are in shieldwall hgs"
                + " audit list");
  }

  /** What a policy would come to. */
  public enum Come {
    /** Healthy. */
    PASSES,
    /** Refused. */
    FAILS,
    /** Nothing failed, and something is not shown by what the host sent. */
    UNDECIDED
  }

  /**
   * A policy tried on one host.
   *
   * @param host its name
   * @param held whether the host is held to the policy of this name
   * @param healthyNow whether its last evidence is good under what it is held to now
   * @param come what its last evidence comes to under the tried policy
   * @param failed the checks that it does not pass
   * @param notShown what the tried policy asks for that the host was not asked for
   */
  public record Trial(
      String host,
      boolean held,
      boolean healthyNow,
      Come come,
      List<CheckResult> failed,
      List<String> notShown) {}

  /**
   * A policy tried on every host.
   *
   * @param trials by host
   * @param withoutEvidence hosts that have never sent any
   */
  public record Trials(List<Trial> trials, List<String> withoutEvidence) {}

  /** {@return what would come of this policy}; nothing is changed. */
  public Trials attempt(PolicyDocument draft) {
    Instant now = recorder.now();
    return recorder.database().read(reading -> attempt(reading, draft, now));
  }

  private static Trials attempt(Handle reading, PolicyDocument draft, Instant now) {
    PolicySet policies = PolicySet.load(reading, now);
    List<Trial> trials = new ArrayList<>();
    List<String> without = new ArrayList<>();
    for (RegisteredHost host : HostRegister.all(reading)) {
      if (host.state() == State.REMOVED || host.state() == State.REVOKED) {
        continue;
      }
      Optional<EvidenceRegister.Found> found = EvidenceRegister.of(reading, host.name());
      if (found.isEmpty()) {
        without.add(host.name());
      } else {
        trials.add(attempt(found.get(), host, policies, draft, now));
      }
    }
    return new Trials(trials, without);
  }

  private static Trial attempt(
      EvidenceRegister.Found found,
      RegisteredHost host,
      PolicySet policies,
      PolicyDocument draft,
      Instant now) {
    Appraisal before =
        Reappraisal.appraise(found.evidence(), host, policies.of(host, now).policy());
    Applied tried = policies.of(host, draft, now);
    Appraisal after = Reappraisal.appraise(found.evidence(), host, tried.policy());
    List<String> notShown = Reappraisal.notShown(found.evidence(), tried.policy());
    List<CheckResult> failed =
        after.checks().stream()
            .filter(each -> each.outcome() == Outcome.FAIL || each.outcome() == Outcome.NOT_CHECKED)
            .filter(each -> notShown.isEmpty() || isBeyondWhatIsMissing(each, before))
            .toList();
    Come come = isHealthy(after) ? Come.PASSES : failed.isEmpty() ? Come.UNDECIDED : Come.FAILS;
    return new Trial(
        host.name(),
        policies.nameOf(host).equals(draft.name()),
        isHealthy(before),
        come,
        failed,
        notShown);
  }

  /** A quote of fewer PCRs fails, and more with it, only because it was not asked for more. */
  private static boolean isBeyondWhatIsMissing(CheckResult after, Appraisal before) {
    Check check = after.check();
    Outcome was = before.result(check).outcome();
    return after.outcome() == Outcome.FAIL
        && check != Check.CODE_INTEGRITY
        && !(check == Check.QUOTE && was == Outcome.PASS)
        && !(check == Check.EVENT_LOG && was == Outcome.PASS);
  }

  private static boolean isHealthy(Appraisal appraisal) {
    return appraisal.verdict() instanceof Verdict.Healthy;
  }
}
