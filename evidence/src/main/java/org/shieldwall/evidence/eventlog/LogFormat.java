package org.shieldwall.evidence.eventlog;

/** How the events of a log are laid out (PFP section 10.2). */
public enum LogFormat {
  /** TCG_PCR_EVENT throughout: SHA-1 only. */
  SHA1("sha1"),
  /** A Spec ID event, then TCG_PCR_EVENT2: any number of hash algorithms. */
  CRYPTO_AGILE("crypto-agile"),
  /**
   * TCG_PCR_EVENT2 from the first byte, without the Spec ID event that should announce it:
   * readable, since each digest names its algorithm, but never written by firmware.
   */
  CRYPTO_AGILE_WITHOUT_HEADER("crypto-agile-without-header"),
  /** The data of a Spec ID event on its own: algorithms, and no event. */
  SPEC_ID_ONLY("spec-id-only");

  private final String label;

  LogFormat(String label) {
    this.label = label;
  }

  /** {@return the name used in output} */
  public String label() {
    return label;
  }
}
