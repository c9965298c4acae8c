package org.shieldwall.disk.luks;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;

/**
 * PBKDF2 (RFC 8018, section 5.2) over bytes. The JDK's takes characters only, and LUKS2's digest is
 * taken over a binary volume key.
 */
final class Pbkdf2 {
  private Pbkdf2() {}

  /** The hashes LUKS2 headers of ours and of cryptsetup's name. */
  enum Hash {
    SHA256("sha256", "HmacSHA256"),
    SHA512("sha512", "HmacSHA512");

    final String label;
    final String mac;

    Hash(String label, String mac) {
      this.label = label;
      this.mac = mac;
    }
  }

  /** {@return {@code length} bytes; like {@code password}, cleared by the caller} */
  static byte[] derive(Hash hash, byte[] password, byte[] salt, int iterations, int length) {
    ClearableKey key = new ClearableKey(hash.mac, password, 0, password.length);
    try {
      Mac mac = Mac.getInstance(hash.mac);
      mac.init(key);
      byte[] out = new byte[length];
      for (int block = 0; block * mac.getMacLength() < length; block++) {
        byte[] sum = block(mac, salt, block + 1, iterations);
        int from = block * mac.getMacLength();
        System.arraycopy(sum, 0, out, from, Math.min(sum.length, length - from));
        Arrays.fill(sum, (byte) 0);
      }
      return out;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + hash.mac, e);
    } finally {
      key.destroy();
    }
  }

  private static byte[] block(Mac mac, byte[] salt, int number, int iterations) {
    mac.update(salt);
    mac.update(ByteBuffer.allocate(4).putInt(0, number));
    byte[] last = mac.doFinal();
    byte[] sum = last.clone();
    for (int i = 1; i < iterations; i++) {
      byte[] next = mac.doFinal(last);
      for (int j = 0; j < sum.length; j++) {
        sum[j] ^= next[j];
      }
      Arrays.fill(last, (byte) 0);
      last = next;
    }
    Arrays.fill(last, (byte) 0);
    return sum;
  }
}
