package org.shieldwall.disk.uefi;

/** The variables do not fit into the flash image. */
public final class VariableStoreFullException extends Exception {
  VariableStoreFullException(int needed, int available) {
    super("the UEFI variables need " + needed + " bytes and the flash image has " + available);
  }
}
