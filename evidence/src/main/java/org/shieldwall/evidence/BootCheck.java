package org.shieldwall.evidence;

import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.LogProblem;
import org.shieldwall.evidence.eventlog.Replay;
import org.shieldwall.evidence.eventlog.SecureBootState;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/** The event log against the quoted values. */
final class BootCheck {
  private static final int SECURE_BOOT_PCR = 7;

  private BootCheck() {}

  /**
   * Replays the log in the policy's bank, and in no other, since firmware may well leave banks out.
   * Only PCRs that the policy reasons about have to agree: operating systems extend others without
   * the firmware's log.
   *
   * @return the facts, to be believed only without findings; nothing if the log cannot be read
   */
  static Optional<BootFacts> replay(
      Bytes bytes, AttestationPolicy policy, PcrValues values, List<Finding> findings) {
    TpmHash bank = policy.bank();
    try {
      UntrustedEventLog log = UntrustedEventLog.parse(bytes.toArray(), LogLimits.DEFAULT);
      if (!log.banks().contains(bank)) {
        findings.add(
            new Finding(
                FindingCode.BANK_NOT_LOGGED,
                "the log cannot be replayed in the policy's bank",
                bank.label(),
                String.join(", ", log.banks().stream().map(TpmHash::label).toList())));
        return Optional.empty();
      }
      PcrValues replayed = Replay.replay(log, bank);
      for (int pcr : policy.reasonedPcrs()) {
        compare(bank, pcr, replayed, values).ifPresent(findings::add);
      }
      BootFacts facts = BootFacts.draw(log, bank);
      unaccounted(facts, policy, findings);
      return Optional.of(facts);
    } catch (MalformedException e) {
      findings.add(Finding.malformed("the event log", e));
      return Optional.empty();
    }
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
      BootFacts facts, AttestationPolicy policy, List<Finding> findings) {
    SortedSet<Integer> reasoned = policy.reasonedPcrs();
    for (LogProblem problem : facts.problems()) {
      boolean aboutFirmwareOnly = problem.code() == LogProblem.Code.NO_SCRTM_VERSION;
      boolean said = problem.code() == LogProblem.Code.SECURE_BOOT_UNREADABLE;
      if (problem.pcr() < 0 || !reasoned.contains((int) problem.pcr()) || aboutFirmwareOnly) {
        continue;
      }
      findings.add(
          new Finding(
              said ? FindingCode.SECURE_BOOT_UNPROVEN : FindingCode.EVENT_UNCONFIRMED,
              "PCR " + problem.pcr() + ", event " + problem.event() + ": " + problem.detail(),
              "content that confirms the event",
              problem.code().label()));
    }
  }

  static void secureBoot(BootFacts facts, AttestationPolicy policy, List<Finding> findings) {
    if (!policy.requireSecureBoot()) {
      return;
    }
    if (facts.secureBoot() == SecureBootState.OFF) {
      findings.add(
          new Finding(
              FindingCode.SECURE_BOOT_OFF, "firmware measured SecureBoot as 0", "on", "off"));
    } else if (facts.shimValidationDisabled()) {
      findings.add(
          new Finding(
              FindingCode.SECURE_BOOT_OFF,
              "shim was told not to check signatures (MokSBState)",
              "on",
              "on in firmware, off in shim"));
    } else if (facts.secureBoot() == SecureBootState.UNKNOWN && nothingSaid(findings)) {
      findings.add(
          new Finding(
              FindingCode.SECURE_BOOT_UNPROVEN,
              "PCR " + SECURE_BOOT_PCR + " does not show Secure Boot's state",
              "on",
              "unknown"));
    }
  }

  private static boolean nothingSaid(List<Finding> findings) {
    return findings.stream().noneMatch(f -> f.code() == FindingCode.SECURE_BOOT_UNPROVEN);
  }
}
