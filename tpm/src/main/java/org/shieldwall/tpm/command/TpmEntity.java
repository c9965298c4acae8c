package org.shieldwall.tpm.command;

import org.shieldwall.tpm.TpmName;

/** Anything in a TPM that has a handle and can be authorized against. */
public sealed interface TpmEntity permits Hierarchy, NvIndex, PcrHandle, TpmObject {
  /** {@return its handle} */
  int handle();

  /** {@return its name, which authorizations are computed over} */
  TpmName tpmName();
}
