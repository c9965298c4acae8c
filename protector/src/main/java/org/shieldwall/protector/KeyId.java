package org.shieldwall.protector;

/**
 * The id of a {@link KeySet}: SHA-256 of its encoding. Whoever knows it knows all three keys.
 *
 * @param text base64url, 43 characters
 */
public record KeyId(String text) {
  public KeyId {
    if (B64u.decode(text).filter(bytes -> bytes.length == Digest.BYTES).isEmpty()) {
      throw new IllegalArgumentException("not the base64url text of 32 bytes");
    }
  }

  static KeyId of(byte[] encoding) {
    return new KeyId(Digest.of(encoding).text());
  }

  /** {@return the 32 bytes}, as they are measured into a PCR and into a quote's extra data. */
  public byte[] bytes() {
    return B64u.decode(text).orElseThrow();
  }

  @Override
  public String toString() {
    return text;
  }
}
