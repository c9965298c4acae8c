package org.shieldwall.evidence.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogProblem;
import org.shieldwall.evidence.eventlog.LogReading;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/**
 * The event log against the quoted values.
 *
 * @param facts what it says, to be believed only without findings; nothing if it cannot be read or
 *     nothing rests on it
 * @param findings everything that is wrong with it
 */
record BootReading(Optional<BootFacts> facts, List<Finding> findings) {
  /**
   * Replays the log in the policy's bank, and in no other, since firmware may well leave banks out.
   * Only PCRs that the policy reasons about have to agree: operating systems extend others without
   * the firmware's log.
   */
  static BootReading of(
      Optional<Bytes> bytes, AttestationPolicy policy, PcrValues values, LogReading.Source logs) {
    SortedSet<Integer> reasoned = policy.reasonedPcrs();
    if (reasoned.isEmpty()) {
      return new BootReading(Optional.empty(), List.of());
    }
    if (bytes.isEmpty()) {
      return unread(Finding.missing("an event log", "the host sent no event log"));
    }
    TpmHash bank = policy.bank();
    try {
      LogReading log = logs.read(bytes.get(), bank);
      if (log.boot().isEmpty()) {
        return unread(
            new Finding(
                FindingCode.BANK_NOT_LOGGED,
                "the log cannot be replayed in the policy's bank",
                bank.label(),
                String.join(", ", log.banks().stream().map(TpmHash::label).toList())));
      }
      PcrValues replayed = log.boot().get().pcrs();
      List<Finding> findings = new ArrayList<>();
      for (int pcr : reasoned) {
        compare(bank, pcr, replayed, values).ifPresent(findings::add);
      }
      BootFacts facts = log.boot().get().facts();
      unaccounted(facts, reasoned, findings);
      return new BootReading(Optional.of(facts), findings);
    } catch (MalformedException e) {
      return unread(Finding.malformed("the event log", e));
    }
  }

  private static BootReading unread(Finding finding) {
    return new BootReading(Optional.empty(), List.of(finding));
  }

  private static Optional<Finding> compare(
      TpmHash bank, int pcr, PcrValues replayed, PcrValues values) {
    Bytes expected = replayed.value(bank, pcr).orElse(Bytes.zeros(bank.size()));
    Optional<Bytes> quoted = values.value(bank, pcr);
    return quoted.filter(expected::equals).isPresent()
        ? Optional.empty()
        : Optional.of(
            new Finding(
                FindingCode.REPLAY_MISMATCH,
                "PCR " + pcr + " of bank " + bank.label() + " is not what the log leads to",
                quoted.map(Bytes::hex).orElse("a quoted value"),
                expected.hex() + " from the log"));
  }

  /** Fail closed: an event that cannot be accounted for may be anything. */
  private static void unaccounted(
      BootFacts facts, SortedSet<Integer> reasoned, List<Finding> findings) {
    for (LogProblem problem : facts.problems()) {
      boolean saidElsewhere =
          problem.code() == LogProblem.Code.NO_SCRTM_VERSION
              || problem.code() == LogProblem.Code.SECURE_BOOT_UNREADABLE;
      if (problem.pcr() < 0 || saidElsewhere || !reasoned.contains((int) problem.pcr())) {
        continue;
      }
      findings.add(
          new Finding(
              FindingCode.EVENT_UNCONFIRMED,
              "PCR " + problem.pcr() + ", event " + problem.event() + ": " + problem.detail(),
              "content that confirms the event",
              problem.code().label()));
    }
  }
}
