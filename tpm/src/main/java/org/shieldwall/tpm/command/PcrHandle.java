package org.shieldwall.tpm.command;

import org.shieldwall.tpm.TpmName;

/** A PCR as a command's handle: its number. */
record PcrHandle(int handle) implements TpmEntity {
  @Override
  public TpmName tpmName() {
    return TpmName.ofHandle(handle);
  }
}
