package org.shieldwall.disk.luks;

import java.security.MessageDigest;
import java.util.Base64;

/**
 * Tells a right volume key from a wrong one: PBKDF2 with SHA-256 over it.
 *
 * @param iterations of PBKDF2
 * @param salt of PBKDF2, in base64
 * @param value 32 bytes, in base64
 */
record KeyDigest(int iterations, String salt, String value) {
  static final int LENGTH = 32;

  static KeyDigest of(byte[] volumeKey, String salt) {
    int iterations = Keyslot.ITERATIONS;
    byte[] value = derive(volumeKey, salt, iterations);
    return new KeyDigest(iterations, salt, Base64.getEncoder().encodeToString(value));
  }

  /** {@return whether this is the digest of {@code volumeKey}} */
  boolean matches(byte[] volumeKey) {
    return MessageDigest.isEqual(
        derive(volumeKey, salt, iterations), Base64.getDecoder().decode(value));
  }

  private static byte[] derive(byte[] volumeKey, String salt, int iterations) {
    byte[] bytes = Base64.getDecoder().decode(salt);
    return Pbkdf2.derive(Pbkdf2.Hash.SHA256, volumeKey, bytes, iterations, LENGTH);
  }
}
