package org.shieldwall.evidence.eventlog;

/** Whether firmware checked signatures in this boot. */
public enum SecureBootState {
  /** The variable SecureBoot was 1 when it was measured. */
  ON,
  /** It was 0. */
  OFF,
  /** The log does not prove either. */
  UNKNOWN
}
