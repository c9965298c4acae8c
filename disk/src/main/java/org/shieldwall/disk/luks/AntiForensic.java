package org.shieldwall.disk.luks;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The anti-forensic splitter of LUKS (LUKS On-Disk Format 1.2.3, section 2.4) with SHA-256: a key
 * is spread over 4000 stripes so that losing any one of them loses the key.
 */
final class AntiForensic {
  static final int STRIPES = 4000;
  static final String HASH = "sha256";

  private AntiForensic() {}

  /** {@return {@code STRIPES} times as many bytes as {@code key}; cleared by the caller} */
  static byte[] split(byte[] key, SecureRandom random) {
    byte[] out = new byte[key.length * STRIPES];
    random.nextBytes(out);
    byte[] running = gathered(out, key.length);
    int last = out.length - key.length;
    for (int i = 0; i < key.length; i++) {
      out[last + i] = (byte) (running[i] ^ key[i]);
    }
    Arrays.fill(running, (byte) 0);
    return out;
  }

  /** {@return the key spread over {@code material}; cleared by the caller} */
  static byte[] merge(byte[] material) {
    int length = material.length / STRIPES;
    byte[] key = gathered(material, length);
    for (int i = 0; i < length; i++) {
      key[i] ^= material[material.length - length + i];
    }
    return key;
  }

  private static byte[] gathered(byte[] material, int length) {
    MessageDigest digest = sha256();
    byte[] running = new byte[length];
    for (int stripe = 0; stripe < STRIPES - 1; stripe++) {
      for (int i = 0; i < length; i++) {
        running[i] ^= material[stripe * length + i];
      }
      diffuse(digest, running);
    }
    return running;
  }

  private static void diffuse(MessageDigest digest, byte[] bytes) {
    int width = digest.getDigestLength();
    for (int i = 0; i * width < bytes.length; i++) {
      int length = Math.min(width, bytes.length - i * width);
      digest.update(ByteBuffer.allocate(4).putInt(0, i));
      digest.update(bytes, i * width, length);
      System.arraycopy(digest.digest(), 0, bytes, i * width, length);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
