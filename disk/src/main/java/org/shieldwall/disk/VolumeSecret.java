package org.shieldwall.disk;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import org.shieldwall.disk.seal.KeySealer;

/**
 * What opens one new volume: made here, sealed into the vTPM, used once to write the volume and
 * overwritten. Nothing on the host has it afterwards.
 */
final class VolumeSecret implements AutoCloseable {
  private static final int VOLUME_KEY = 64;
  private static final int SECRET = 32;

  private final byte[] volumeKey = new byte[VOLUME_KEY];
  private final byte[] passphrase;
  private final String token;

  /** The passphrase is the sealed secret's base64 text, as systemd-cryptenroll has it. */
  VolumeSecret(SecureRandom random, KeySealer sealer) throws DiskRefusedException {
    byte[] secret = new byte[SECRET];
    try {
      random.nextBytes(secret);
      token = sealer.seal(secret);
      passphrase = Base64.getEncoder().encode(secret);
      random.nextBytes(volumeKey);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  byte[] volumeKey() {
    return volumeKey;
  }

  byte[] passphrase() {
    return passphrase;
  }

  String token() {
    return token;
  }

  @Override
  public void close() {
    Arrays.fill(volumeKey, (byte) 0);
    Arrays.fill(passphrase, (byte) 0);
  }
}
