package org.shieldwall.protector.secret;

import java.security.GeneralSecurityException;
import javax.crypto.Mac;

/** HMAC-SHA-384 (RFC 2104). */
public final class HmacSha384 {
  private HmacSha384() {}

  /** {@return the 48-byte code of {@code message}} */
  public static byte[] of(SecretBytes key, byte[] message) {
    return key.expose(SecretAccess.because("key of one HMAC call"), bytes -> of(bytes, message));
  }

  private static byte[] of(byte[] keyBytes, byte[] message) {
    EphemeralKey key = new EphemeralKey(keyBytes.clone(), "HmacSHA384");
    try {
      Mac mac = Mac.getInstance("HmacSHA384");
      mac.init(key);
      return mac.doFinal(message);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no usable HMAC-SHA-384", e);
    } finally {
      key.destroy();
    }
  }
}
