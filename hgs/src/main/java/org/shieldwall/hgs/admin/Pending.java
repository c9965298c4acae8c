package org.shieldwall.hgs.admin;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FactDifference;
import org.shieldwall.hgs.store.LastAttestation;
import org.shieldwall.hgs.store.RegisteredHost;

/**
 * A host that has proved who it is and what it booted, and whose boot is no accepted one: after an
 * update of firmware or kernel it waits for the administrator to say whether that was them.
 *
 * @param host the host
 * @param last when it was refused, and what it matched before
 * @param boot what it booted, as the baseline that an approval would make
 * @param before the baseline that it matched before, or the nearest; nothing if there is none
 * @param difference what differs from that, with the events
 * @param beside other checks that it does not pass: approval does not mend those
 * @param dismissed whether this boot of it was dismissed
 * @param eventLog digest of the log
 */
public record Pending(
    RegisteredHost host,
    LastAttestation last,
    BootBaseline boot,
    Optional<BootBaseline> before,
    List<FactDifference> difference,
    List<Check> beside,
    boolean dismissed,
    String eventLog) {
  /** Keeps its own copies of the lists. */
  public Pending {
    difference = List.copyOf(difference);
    beside = List.copyOf(beside);
  }

  /**
   * What came of an approval.
   *
   * @param name of the new baseline
   * @param succeeds name of the one before, if there is one
   * @param expires when that one counts no more
   * @param healthy hosts whose last evidence is good with it
   */
  public record Approved(
      String name, Optional<String> succeeds, Optional<Instant> expires, List<String> healthy) {}
}
