package org.shieldwall.hgs.attestation.directory;

import org.shieldwall.tpm.MalformedException;

/** Opens the reader of SIDs to its fuzz target. */
public final class SidReading {
  private SidReading() {}

  public static String text(byte[] binary) throws MalformedException {
    return SecurityIdentifier.text(binary);
  }
}
