package org.shieldwall.disk.luks;

import java.util.Arrays;
import javax.crypto.SecretKey;

/**
 * Key bytes handed to the JCA that can be overwritten afterwards; {@code SecretKeySpec} cannot.
 * What the cipher itself derives (its round keys) lives until it is collected.
 */
final class ClearableKey implements SecretKey {
  private static final long serialVersionUID = 1;

  private final String algorithm;
  private final transient byte[] bytes;

  ClearableKey(String algorithm, byte[] from, int offset, int length) {
    this.algorithm = algorithm;
    this.bytes = Arrays.copyOfRange(from, offset, offset + length);
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
  }

  @Override
  public String toString() {
    return algorithm + " key";
  }
}
