package org.shieldwall.host.agent;

import java.io.IOException;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmAttest.ClockInfo;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;

/**
 * What one look at the TPM shows: its counters, and the PCRs that do not change by themselves while
 * a host runs. PCR 10 does: the kernel's list tells of it sooner.
 */
record TpmSight(long resets, long restarts, SortedMap<Integer, Bytes> pcrs) {
  /** Of no TPM: never changes. */
  static final TpmSight NONE = new TpmSight(0, 0, new TreeMap<>());

  private static final PcrSelection PCRS =
      PcrSelection.of(
          TpmHash.SHA256, IntStream.rangeClosed(0, 15).filter(pcr -> pcr != 10).toArray());

  /** Looks. */
  static TpmSight of(TpmAddress place) throws IOException, TpmException {
    try (Tpm tpm = place.open()) {
      ClockInfo clock = tpm.clock().clock();
      SortedMap<Integer, Bytes> bank = tpm.pcrs().read(PCRS).banks().get(TpmHash.SHA256);
      return new TpmSight(
          clock.resetCount(), clock.restartCount(), bank == null ? new TreeMap<>() : bank);
    }
  }

  /** {@return what differs from an earlier look, if anything does} */
  Optional<HostWatch.Seen> since(TpmSight before) {
    if (resets != before.resets || restarts != before.restarts) {
      return Optional.of(
          new HostWatch.Seen(
              AttestationCause.TPM_RESTARTED,
              "reset count %d, was %d; restart count %d, was %d"
                  .formatted(resets, before.resets, restarts, before.restarts)));
    }
    return pcrs.entrySet().stream()
        .filter(each -> !before.pcrs.entrySet().contains(each))
        .findFirst()
        .map(each ->
            new HostWatch.Seen(
                AttestationCause.PCR_CHANGED, "PCR " + each.getKey() + " was extended"));
  }
}
