package org.shieldwall.tpm.swtpm;

/** The parts of a virtual TPM's state, PTM_BLOB_TYPE_* of swtpm's control protocol. */
public enum SwtpmStateKind {
  /** Seeds, persistent objects and NV memory: what a chip keeps without power. */
  PERMANENT(1),
  /** PCRs, loaded objects and sessions of a running TPM. */
  VOLATILE(2),
  /** What TPM2_Shutdown(STATE) saved. */
  SAVED(3);

  private final int id;

  SwtpmStateKind(int id) {
    this.id = id;
  }

  int id() {
    return id;
  }
}
