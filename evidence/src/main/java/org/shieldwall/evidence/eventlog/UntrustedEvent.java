package org.shieldwall.evidence.eventlog;

import java.util.List;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * One event as the log claims it. Only its digests can be proven, by a quote over the PCR they were
 * extended into; type and data are claims.
 *
 * @param index place in the log, from 0
 * @param offset offset of the event in the log, in bytes
 * @param pcr the PCR index as logged, an unsigned 32-bit number; 0xFFFFFFFF is used by Windows for
 *     an event that belongs to no PCR, and is not the end of a log
 * @param type the event type as logged, an unsigned 32-bit number; see {@link EventType}
 * @param digests one for each algorithm known here, in the order of the log
 * @param data the event's data
 * @param dataOffset offset of the data in the log, in bytes
 */
public record UntrustedEvent(
    int index,
    long offset,
    long pcr,
    long type,
    List<EventDigest> digests,
    Bytes data,
    long dataOffset) {

  /** Keeps its own copy of the list. */
  public UntrustedEvent {
    digests = List.copyOf(digests);
  }

  /** {@return the digest for one bank, if the event has one} */
  public Optional<Bytes> digest(TpmHash bank) {
    for (EventDigest digest : digests) {
      if (digest.algorithm() == bank) {
        return Optional.of(digest.value());
      }
    }
    return Optional.empty();
  }

  /**
   * {@return whether the event extends a PCR: every type but EV_NO_ACTION does (PFP section
   * 10.4.1)}. Relabelling an extending event as EV_NO_ACTION takes its digest out of the replay,
   * which then no longer gives the quoted value.
   */
  public boolean extendsPcr() {
    return type != EventType.NO_ACTION.id();
  }

  /** {@return the type's name, or its number where it has none} */
  public String typeName() {
    return EventType.of(type).map(EventType::label).orElse("0x%08x".formatted(type));
  }
}
