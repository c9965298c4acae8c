package org.shieldwall.evidence;

import java.util.Locale;

/** What came of one check. */
public enum Outcome {
  /** Shown by the evidence. */
  PASS,
  /** The evidence shows something else, or does not show what it has to. */
  FAIL,
  /** Not judged, since what it rests on failed: no pass. */
  NOT_CHECKED,
  /** The policy does not ask: no pass either. */
  OFF;

  /** {@return the name in JSON} */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
