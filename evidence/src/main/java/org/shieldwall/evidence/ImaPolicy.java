package org.shieldwall.evidence;

import java.util.Set;
import org.shieldwall.tpm.Bytes;

/**
 * What programs may have run.
 *
 * @param allowed digests of files; an entry with any other is refused
 * @param refuseViolations whether a file that was changed while it was measured is refused
 * @param requireBootAggregate whether the first entry must be the digest over the quoted PCRs 0 to
 *     7, or 0 to 9 as newer kernels make it
 */
public record ImaPolicy(
    Set<Bytes> allowed, boolean refuseViolations, boolean requireBootAggregate) {
  /** Keeps its own copy of the set. */
  public ImaPolicy {
    allowed = Set.copyOf(allowed);
  }

  /** {@return an allow-list with every check on} */
  public static ImaPolicy strict(Set<Bytes> allowed) {
    return new ImaPolicy(allowed, true, true);
  }
}
