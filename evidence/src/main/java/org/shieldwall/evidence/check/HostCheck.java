package org.shieldwall.evidence.check;

import org.shieldwall.evidence.CheckResult;

/** One check. */
interface HostCheck {
  /**
   * {@return what comes of it} Whether what it rests on is proven is not its business: {@link
   * HostChecks} lets nothing pass that rests on something that failed.
   */
  CheckResult judge(HostEvidence host);
}
