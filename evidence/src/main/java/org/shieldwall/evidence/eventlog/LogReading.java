package org.shieldwall.evidence.eventlog;

import java.util.List;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/**
 * All that a log says in one bank: a function of its bytes and of nothing else. Whether any of it
 * is so a quote has to show.
 *
 * @param banks the banks that it can be replayed in
 * @param boot what it leads to and the facts in it; nothing if the bank is not among them
 */
public record LogReading(List<TpmHash> banks, Optional<Boot> boot) {
  /**
   * What a log leads to.
   *
   * @param pcrs the value of each PCR that it says anything about
   * @param facts what it says of the boot
   */
  public record Boot(PcrValues pcrs, BootFacts facts) {}

  /** Keeps its own copy of the list. */
  public LogReading {
    banks = List.copyOf(banks);
  }

  /** Where readings come from: each log read anew, or one that was read before remembered. */
  public interface Source {
    /** Reads anew. */
    Source ANEW = LogReading::of;

    /**
     * {@return what {@code log} says in {@code bank}}
     *
     * @throws MalformedException with the offset of the first byte that cannot be part of a log
     */
    LogReading read(Bytes log, TpmHash bank) throws MalformedException;
  }

  /** Reads a log, whole. */
  private static LogReading of(Bytes bytes, TpmHash bank) throws MalformedException {
    UntrustedEventLog log = UntrustedEventLog.parse(bytes.toArray(), LogLimits.DEFAULT);
    List<TpmHash> banks = log.banks();
    return new LogReading(
        banks,
        banks.contains(bank)
            ? Optional.of(new Boot(Replay.replay(log, bank), BootFacts.draw(log, bank)))
            : Optional.empty());
  }
}
