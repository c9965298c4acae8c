package org.shieldwall.tpm.command;

import org.shieldwall.tpm.TpmName;

/** The TPM's hierarchies and their permanent handles (Part 2, section 7.4). */
public enum Hierarchy implements TpmEntity {
  /** Storage: whoever owns the machine. */
  OWNER(0x40000001),
  /** Keys that last until the next restart. */
  NULL(0x40000007),
  /** Not for keys: resets the dictionary-attack lockout. */
  LOCKOUT(0x4000000A),
  /** Privacy: endorsement keys. */
  ENDORSEMENT(0x4000000B),
  /** The firmware's. */
  PLATFORM(0x4000000C);

  private final int handle;

  Hierarchy(int handle) {
    this.handle = handle;
  }

  @Override
  public int handle() {
    return handle;
  }

  @Override
  public TpmName tpmName() {
    return TpmName.ofHandle(handle);
  }
}
