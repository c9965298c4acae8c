package org.shieldwall.protector;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A SHA-256 digest of something public.
 *
 * @param text base64url, 43 characters
 */
public record Digest(String text) {
  public static final int BYTES = 32;

  public Digest {
    if (B64u.decode(text).filter(bytes -> bytes.length == BYTES).isEmpty()) {
      throw new IllegalArgumentException("not the base64url text of 32 bytes");
    }
  }

  /** {@return the digest of all {@code parts}, one after the other} */
  public static Digest of(byte[]... parts) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        sha256.update(part);
      }
      return new Digest(B64u.encode(sha256.digest()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }

  public byte[] bytes() {
    return B64u.decode(text).orElseThrow();
  }

  @Override
  public String toString() {
    return text;
  }
}
