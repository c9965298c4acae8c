package org.shieldwall.evidence;

import java.util.Optional;
import java.util.Set;
import org.shieldwall.tpm.Bytes;

/**
 * What may run. Each kind that is given has to hold.
 *
 * @param ima rules for the IMA list, if it is asked for
 * @param verityRoots root hashes of file systems; if there are any, the boot's is one of them
 */
public record CodeIntegrityRules(Optional<ImaPolicy> ima, Set<Bytes> verityRoots) {
  /** No rules: the check fails where it is on. */
  public static final CodeIntegrityRules NONE = new CodeIntegrityRules(Optional.empty(), Set.of());

  /** Keeps its own copy of the set. */
  public CodeIntegrityRules {
    verityRoots = Set.copyOf(verityRoots);
  }

  /** {@return rules for the IMA list alone} */
  public static CodeIntegrityRules of(ImaPolicy ima) {
    return new CodeIntegrityRules(Optional.of(ima), Set.of());
  }
}
