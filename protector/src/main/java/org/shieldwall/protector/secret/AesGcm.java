package org.shieldwall.protector.secret;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/** AES-256-GCM (NIST SP 800-38D): 12-byte IV, 16-byte tag after the ciphertext. */
public final class AesGcm {
  public static final int IV_BYTES = 12;
  public static final int TAG_BYTES = 16;

  private AesGcm() {}

  /** {@return ciphertext and tag}. The caller answers for the IV being new under this key. */
  public static byte[] seal(SecretBytes key, byte[] iv, byte[] associatedData, byte[] plaintext) {
    try {
      return run(Cipher.ENCRYPT_MODE, key, iv, associatedData, plaintext);
    } catch (AEADBadTagException e) {
      throw new IllegalStateException("sealing checks no tag", e);
    }
  }

  /**
   * {@return the plaintext}, which the caller zeroes.
   *
   * @throws AEADBadTagException if the bytes were not sealed under this key, IV and associated data
   */
  public static byte[] open(SecretBytes key, byte[] iv, byte[] associatedData, byte[] sealed)
      throws AEADBadTagException {
    if (sealed.length < TAG_BYTES) {
      throw new AEADBadTagException("shorter than a tag");
    }
    return run(Cipher.DECRYPT_MODE, key, iv, associatedData, sealed);
  }

  /**
   * Seals what remains of {@code plaintext} into {@code sealed}: ciphertext and tag. Neither is
   * copied to the heap where both lie outside it, but for the cipher's own working storage.
   */
  public static void seal(
      SecretBytes key, byte[] iv, byte[] associatedData, ByteBuffer plaintext, ByteBuffer sealed) {
    try {
      run(Cipher.ENCRYPT_MODE, key, iv, associatedData, plaintext, sealed);
    } catch (AEADBadTagException e) {
      throw new IllegalStateException("sealing checks no tag", e);
    }
  }

  /**
   * Opens what remains of {@code sealed} into {@code plaintext}.
   *
   * @throws AEADBadTagException if the bytes were not sealed under this key, IV and associated
   *     data; nothing in {@code plaintext} is then to be used
   */
  public static void open(
      SecretBytes key, byte[] iv, byte[] associatedData, ByteBuffer sealed, ByteBuffer plaintext)
      throws AEADBadTagException {
    run(Cipher.DECRYPT_MODE, key, iv, associatedData, sealed, plaintext);
  }

  private static void run(
      int mode,
      SecretBytes key,
      byte[] iv,
      byte[] associatedData,
      ByteBuffer input,
      ByteBuffer output)
      throws AEADBadTagException {
    EphemeralKey aes =
        new EphemeralKey(
            key.expose(SecretAccess.because("key of one AES-GCM segment"), byte[]::clone), "AES");
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, aes, new GCMParameterSpec(8 * TAG_BYTES, iv));
      cipher.updateAAD(associatedData);
      int _ = cipher.doFinal(input, output);
    } catch (AEADBadTagException e) {
      throw e;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no usable AES-GCM", e);
    } finally {
      aes.destroy();
    }
  }

  private static byte[] run(
      int mode, SecretBytes key, byte[] iv, byte[] associatedData, byte[] input)
      throws AEADBadTagException {
    if (key.length() != 32 || iv.length != IV_BYTES) {
      throw new IllegalArgumentException("AES-256-GCM takes a 32-byte key and a 12-byte IV");
    }
    return key.expose(
        SecretAccess.because("key of one AES-GCM call"),
        bytes -> run(mode, bytes, iv, associatedData, input));
  }

  static byte[] run(int mode, byte[] key, byte[] iv, byte[] associatedData, byte[] input)
      throws AEADBadTagException {
    EphemeralKey aes = new EphemeralKey(key.clone(), "AES");
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, aes, new GCMParameterSpec(8 * TAG_BYTES, iv));
      cipher.updateAAD(associatedData);
      return cipher.doFinal(input);
    } catch (AEADBadTagException e) {
      throw e;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no usable AES-GCM", e);
    } finally {
      aes.destroy();
    }
  }
}
