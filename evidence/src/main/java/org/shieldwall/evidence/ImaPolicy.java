package org.shieldwall.evidence;

import java.util.List;
import java.util.Set;
import org.shieldwall.tpm.Bytes;

/**
 * What programs may have run. An entry passes if its path is excluded, or its digest is allowed, or
 * a trusted signer of its path has signed it.
 *
 * @param allowed digests of files
 * @param signed signers by path; they count where the list holds signatures (template {@code
 *     ima-sig})
 * @param excluded paths that are not looked at: one that ends in {@code /} with all below it, any
 *     other as it is (names of keyrings and other data that is no file, too); never a violation,
 *     whose name nothing proves
 * @param refuseViolations whether a file that was changed while it was measured is refused
 * @param requireBootAggregate whether the first entry must be the digest over the quoted PCRs 0 to
 *     7, or 0 to 9 as newer kernels make it
 */
public record ImaPolicy(
    Set<Bytes> allowed,
    List<SignedPath> signed,
    List<String> excluded,
    boolean refuseViolations,
    boolean requireBootAggregate) {
  /** Keeps its own copies. */
  public ImaPolicy {
    allowed = Set.copyOf(allowed);
    signed = List.copyOf(signed);
    excluded = List.copyOf(excluded);
    if (excluded.contains("/") || excluded.contains("")) {
      throw new IllegalArgumentException("an exclusion of everything");
    }
  }

  /** Rules by digest alone. */
  public ImaPolicy(Set<Bytes> allowed, boolean refuseViolations, boolean requireBootAggregate) {
    this(allowed, List.of(), List.of(), refuseViolations, requireBootAggregate);
  }

  /** {@return an allow-list with every check on} */
  public static ImaPolicy strict(Set<Bytes> allowed) {
    return new ImaPolicy(allowed, true, true);
  }

  /** {@return whether a path is excluded} */
  public boolean excludes(String path) {
    for (String each : excluded) {
      if (each.endsWith("/") ? path.startsWith(each) : path.equals(each)) {
        return true;
      }
    }
    return false;
  }
}
