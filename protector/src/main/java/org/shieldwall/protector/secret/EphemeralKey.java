package org.shieldwall.protector.secret;

import java.util.Arrays;
import javax.crypto.SecretKey;

/**
 * A key for one JCA call, zeroed afterwards: {@code SecretKeySpec} keeps a copy that cannot be
 * destroyed. Providers take their own copy and zero it.
 */
final class EphemeralKey implements SecretKey {
  private static final long serialVersionUID = 1L;

  private final String algorithm;
  private final transient byte[] bytes;
  private boolean destroyed;

  /** Keeps the array, and zeroes it when destroyed. */
  EphemeralKey(byte[] bytes, String algorithm) {
    this.bytes = bytes;
    this.algorithm = algorithm;
  }

  @Override
  public String getAlgorithm() {
    return algorithm;
  }

  @Override
  public String getFormat() {
    return "RAW";
  }

  @Override
  public byte[] getEncoded() {
    return bytes.clone();
  }

  @Override
  public void destroy() {
    Arrays.fill(bytes, (byte) 0);
    destroyed = true;
  }

  @Override
  public boolean isDestroyed() {
    return destroyed;
  }

  @Override
  public String toString() {
    return algorithm + " key";
  }
}
