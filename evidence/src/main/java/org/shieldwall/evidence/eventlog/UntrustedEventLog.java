package org.shieldwall.evidence.eventlog;

import java.util.List;
import java.util.Optional;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * A TCG event log as a host sent it: parsed whole, believed in nothing.
 *
 * @param format how it is laid out
 * @param specId the header of a crypto-agile log
 * @param algorithms the banks that can be replayed from it, in the log's order
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
   * {@return the strongest bank that can be replayed, or nothing for a log of unknown algorithms}
   */
  public Optional<TpmHash> strongestBank() {
    return algorithms.stream()
        .filter(TpmHash::isSupported)
        .max(java.util.Comparator.comparingInt(TpmHash::size));
  }
}
