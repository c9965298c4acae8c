package org.shieldwall.protector.secret;

import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;

/** AES key wrap (RFC 3394) with its default initial value. */
public final class AesKeyWrap {
  /** A key has two 64-bit blocks at least, and wrapping adds one (RFC 3394, section 2). */
  private static final int MIN_WRAPPED = 24;

  private AesKeyWrap() {}

  /** {@return {@code key} wrapped under {@code wrappingKey}: 8 bytes longer} */
  public static byte[] wrap(byte[] wrappingKey, byte[] key) {
    return run(Cipher.ENCRYPT_MODE, wrappingKey, key).orElseThrow();
  }

  /**
   * {@return the key}, which the caller zeroes, or nothing if it was not wrapped under this one.
   */
  public static Optional<byte[]> unwrap(byte[] wrappingKey, byte[] wrapped) {
    if (wrapped.length < MIN_WRAPPED || wrapped.length % 8 != 0) {
      // The JDK answers some of these with unchecked exceptions.
      return Optional.empty();
    }
    return run(Cipher.DECRYPT_MODE, wrappingKey, wrapped);
  }

  private static Optional<byte[]> run(int mode, byte[] wrappingKey, byte[] input) {
    EphemeralKey aes = new EphemeralKey(wrappingKey.clone(), "AES");
    try {
      Cipher cipher = Cipher.getInstance("AES/KW/NoPadding");
      cipher.init(mode, aes);
      return Optional.of(cipher.doFinal(input));
    } catch (IllegalBlockSizeException | BadPaddingException e) {
      return Optional.empty();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no usable AES key wrap", e);
    } finally {
      aes.destroy();
    }
  }
}
