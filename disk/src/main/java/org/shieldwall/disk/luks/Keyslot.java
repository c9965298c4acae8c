package org.shieldwall.disk.luks;

/**
 * One place the volume key is kept, encrypted under a passphrase.
 *
 * @param number its name in the metadata
 * @param hash of PBKDF2
 * @param iterations of PBKDF2
 * @param salt of PBKDF2, in base64
 * @param offset of the split key, in bytes from the start of the volume
 * @param size of its area in bytes
 */
record Keyslot(int number, Pbkdf2.Hash hash, int iterations, String salt, long offset, long size) {

  /**
   * cryptsetup's and systemd's minimum. Iterations slow down guessing; this passphrase is the
   * base64 of 32 random bytes, so that guessing it is guessing an AES-256 key: there is nothing to
   * slow down, and every further iteration would only slow down each boot. systemd-cryptenroll
   * chooses the same for the same reason.
   */
  static final int ITERATIONS = 1000;

  static final int SALT = 32;
}
