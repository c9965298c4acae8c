package org.shieldwall.evidence;

import java.util.List;
import java.util.Optional;

/**
 * What evidence comes to, and why.
 *
 * @param verdict the verdict: healthy only if every check that is not off passed
 * @param checks every check there is, in the order of {@link Check}
 * @param imaResume where the next appraisal of this boot's IMA list can start; nothing where no
 *     list was asked for, or it does not lead to the quoted value
 */
public record Appraisal(Verdict verdict, List<CheckResult> checks, Optional<ImaResume> imaResume) {
  /** Keeps its own copy of the list. */
  public Appraisal {
    checks = List.copyOf(checks);
  }

  /** {@return what came of one check} */
  public CheckResult result(Check check) {
    return checks.stream().filter(each -> each.check() == check).findFirst().orElseThrow();
  }
}
