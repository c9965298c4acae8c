package org.shieldwall.protector;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.DecapsulateException;
import javax.crypto.KEM;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/** ML-KEM-768 (FIPS 203) with raw encapsulation keys, as formats carry them. */
final class MlKem768 {
  static final int KEY_BYTES = 1184;
  static final int CIPHERTEXT_BYTES = 1088;

  /** SubjectPublicKeyInfo of id-alg-ml-kem-768 up to the key itself (RFC 9935, section 4). */
  private static final byte[] SPKI_PREFIX =
      HexFormat.of().parseHex("308204b2300b0609608648016503040402038204a100");

  private MlKem768() {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Encapsulated(byte[] ciphertext, SecretBytes shared) {}

  static KeyPair generate(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("ML-KEM-768");
      generator.initialize(java.security.spec.NamedParameterSpec.ML_KEM_768, random);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  static byte[] encode(PublicKey key) {
    byte[] spki = key.getEncoded();
    if (spki.length != SPKI_PREFIX.length + KEY_BYTES
        || !Arrays.equals(spki, 0, SPKI_PREFIX.length, SPKI_PREFIX, 0, SPKI_PREFIX.length)) {
      throw new IllegalArgumentException("not an ML-KEM-768 key");
    }
    return Arrays.copyOfRange(spki, SPKI_PREFIX.length, spki.length);
  }

  /** Refuses a key that fails the checks before encapsulation (FIPS 203, section 7.2). */
  static PublicKey decode(byte[] raw, String where) throws ProtectorException {
    if (raw.length != KEY_BYTES || !coefficientsAreReduced(raw)) {
      throw new ProtectorException(Code.INVALID_KEY, where + ": not an ML-KEM-768 key");
    }
    byte[] spki = Arrays.copyOf(SPKI_PREFIX, SPKI_PREFIX.length + KEY_BYTES);
    System.arraycopy(raw, 0, spki, SPKI_PREFIX.length, KEY_BYTES);
    try {
      return KeyFactory.getInstance("ML-KEM-768").generatePublic(new X509EncodedKeySpec(spki));
    } catch (InvalidKeySpecException e) {
      throw new ProtectorException(Code.INVALID_KEY, where + ": not an ML-KEM-768 key");
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  static Encapsulated encapsulate(PublicKey key, SecureRandom random, SecretArena arena) {
    try {
      KEM.Encapsulated made = KEM.getInstance("ML-KEM").newEncapsulator(key, random).encapsulate();
      return new Encapsulated(
          made.encapsulation(), SecretBytes.takeFrom(arena, made.key().getEncoded()));
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  /**
   * {@return the shared secret}. A ciphertext that was altered gives another secret and no error
   * (implicit rejection, FIPS 203, section 6.3).
   */
  static SecretBytes decapsulate(PrivateKey key, byte[] ciphertext, SecretArena arena)
      throws DecapsulateException {
    try {
      return SecretBytes.takeFrom(
          arena,
          KEM.getInstance("ML-KEM").newDecapsulator(key).decapsulate(ciphertext).getEncoded());
    } catch (DecapsulateException e) {
      throw e;
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("not an ML-KEM-768 private key", e);
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  /** {@return whether a key passes the checks before decapsulation (FIPS 203, section 7.3)} */
  static boolean isPrivateKey(PrivateKey key) {
    try {
      KEM.getInstance("ML-KEM").newDecapsulator(key);
      return true;
    } catch (InvalidKeyException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  /** Three polynomials of 256 coefficients, 12 bits each, little-endian; each is less than 3329. */
  private static boolean coefficientsAreReduced(byte[] raw) {
    for (int i = 0; i < 3 * 384; i += 3) {
      int low = (raw[i] & 0xFF) | (raw[i + 1] & 0x0F) << 8;
      int high = (raw[i + 1] & 0xF0) >> 4 | (raw[i + 2] & 0xFF) << 4;
      if (low >= 3329 || high >= 3329) {
        return false;
      }
    }
    return true;
  }

  private static IllegalStateException unusable(GeneralSecurityException cause) {
    return new IllegalStateException("this Java has no usable ML-KEM-768", cause);
  }
}
