package org.shieldwall.hgs.admin;

import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.shieldwall.evidence.Appraisal;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.Challenge;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.Verifier;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.hgs.store.RegisteredHost.State;
import org.shieldwall.hgs.store.StoredEvidence;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/** Judges what a host last sent again, under whatever policy. */
final class Reappraisal {
  private Reappraisal() {}

  static Appraisal appraise(
      StoredEvidence evidence, RegisteredHost host, AttestationPolicy policy) {
    Challenge challenge =
        new Challenge(
            Optional.of(host)
                .filter(each -> each.state() != State.REMOVED)
                .map(RegisteredHost::name),
            evidence.extraData(),
            evidence.enclave());
    return Verifier.appraise(shown(evidence, policy), untrusted(evidence), challenge);
  }

  /**
   * The same policy, accepting only those of its baselines of which the host was asked to show all.
   * Any one will do: a baseline that came later, and speaks of more PCRs, makes no evidence worse
   * that others still accept. Where none is left, what is missing is the quote.
   */
  private static AttestationPolicy shown(StoredEvidence evidence, AttestationPolicy policy) {
    List<BootBaseline> accepted =
        policy.settings().baselines().stream()
            .filter(each -> evidence.pcrs().keySet().containsAll(each.pcrs()))
            .toList();
    return accepted.isEmpty() ? policy : policy.with(policy.settings().withBaselines(accepted));
  }

  private static UntrustedEvidence untrusted(StoredEvidence evidence) {
    try {
      return new UntrustedEvidence(
          evidence.quote(),
          evidence.signature(),
          TpmPublic.parseSized(evidence.ak().toArray()),
          PcrValues.of(TpmHash.SHA256, evidence.pcrs()),
          evidence.eventLog(),
          evidence.ima(),
          evidence.commandLine());
    } catch (MalformedException e) {
      throw new IllegalStateException("evidence was kept whose key does not read", e);
    }
  }

  /** {@return what the policy asks for that the host was not asked for, in words} */
  static List<String> notShown(StoredEvidence evidence, AttestationPolicy policy) {
    TreeSet<Integer> pcrs = new TreeSet<>(shown(evidence, policy).pcrs());
    pcrs.removeAll(evidence.pcrs().keySet());
    List<String> missing = new java.util.ArrayList<>();
    if (!pcrs.isEmpty()) {
      missing.add(
          "PCR "
              + String.join(", ", pcrs.stream().map(String::valueOf).toList())
              + ", which its last quote does not cover");
    }
    if (policy.needsImaList() && evidence.ima().isEmpty()) {
      missing.add("the list of what ran, which it did not send");
    }
    return missing;
  }
}
