package org.shieldwall.evidence.eventlog;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * A TCG event log as a host sent it: parsed whole, believed in nothing.
 *
 * @param format how it is laid out
 * @param specId the header of a crypto-agile log
 * @param algorithms the algorithms it says it has digests of, in the log's order
 * @param events every event in the log's order, the header among them
 * @param padding how many bytes of 0x00 or 0xFF filled the end of the area that held the log
 */
public record UntrustedEventLog(
    LogFormat format,
    Optional<SpecId> specId,
    List<TpmHash> algorithms,
    List<UntrustedEvent> events,
    int padding) {

  /** Keeps its own copies of the lists. */
  public UntrustedEventLog {
    algorithms = List.copyOf(algorithms);
    events = List.copyOf(events);
  }

  /**
   * Reads a log, whole.
   *
   * @param bytes the log as the kernel shows it in {@code binary_bios_measurements} or Windows
   *     returns it
   * @throws MalformedException with the offset of the first byte that cannot be part of a log
   */
  public static UntrustedEventLog parse(byte[] bytes, LogLimits limits) throws MalformedException {
    return new EventLogParser(bytes, limits).parse();
  }

  /**
   * {@return the banks that can be replayed: of an algorithm supported here, and with a digest in
   * every event that extends}
   */
  public List<TpmHash> banks() {
    return algorithms.stream().filter(TpmHash::isSupported).filter(this::isComplete).toList();
  }

  private boolean isComplete(TpmHash bank) {
    for (UntrustedEvent event : events) {
      if (event.extendsPcr() && event.digest(bank).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** {@return the bank to look at where nobody names one: SHA-256, else the strongest} */
  public Optional<TpmHash> usualBank() {
    List<TpmHash> banks = banks();
    return banks.contains(TpmHash.SHA256)
        ? Optional.of(TpmHash.SHA256)
        : banks.stream().max(Comparator.comparingInt(TpmHash::size));
  }
}
