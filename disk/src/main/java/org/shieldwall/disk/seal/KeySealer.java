package org.shieldwall.disk.seal;

import org.shieldwall.disk.DiskRefusedException;

/** Seals a secret so that only one machine, booted as foreseen, gets it back. */
@FunctionalInterface
public interface KeySealer {
  /**
   * Seals one secret.
   *
   * @param secret 32 bytes, cleared by the caller
   * @return the LUKS2 token for keyslot 0, a JSON object; nothing in it is secret
   * @throws DiskRefusedException if it cannot be sealed
   */
  String seal(byte[] secret) throws DiskRefusedException;
}
