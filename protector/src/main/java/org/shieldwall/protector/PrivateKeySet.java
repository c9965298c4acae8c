package org.shieldwall.protector;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import javax.crypto.DecapsulateException;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/**
 * The three private keys beside a {@link KeySet}. They are the JCA's own objects, so that the P-384
 * keys may be in a PKCS #11 token; those made here are on the Java heap.
 */
public final class PrivateKeySet {
  private final KeySet publicKeys;
  private final PrivateKey signing;
  private final PrivateKey encryption;
  private final PrivateKey kem;

  private PrivateKeySet(
      KeySet publicKeys, PrivateKey signing, PrivateKey encryption, PrivateKey kem) {
    this.publicKeys = publicKeys;
    this.signing = signing;
    this.encryption = encryption;
    this.kem = kem;
  }

  /** {@return a new set} */
  public static PrivateKeySet generate(SecureRandom random) {
    KeyPair signing = P384.generate(random);
    KeyPair encryption = P384.generate(random);
    KeyPair kem = MlKem768.generate(random);
    try {
      KeySet keys =
          KeySet.of(
              (ECPublicKey) signing.getPublic(),
              (ECPublicKey) encryption.getPublic(),
              kem.getPublic());
      return new PrivateKeySet(
          keys, signing.getPrivate(), encryption.getPrivate(), kem.getPrivate());
    } catch (ProtectorException e) {
      throw new IllegalStateException("a new key is not valid", e);
    }
  }

  /**
   * {@return the set of these keys}, each tried against its public half.
   *
   * @throws ProtectorException with {@code INVALID_KEY} if one does not belong to it
   */
  public static PrivateKeySet of(
      KeySet publicKeys,
      PrivateKey signing,
      PrivateKey encryption,
      PrivateKey kem,
      SecureRandom random)
      throws ProtectorException {
    PrivateKeySet keys = unchecked(publicKeys, signing, encryption, kem);
    if (!P384.isOnCurve(signing)
        || !P384.isOnCurve(encryption)
        || !MlKem768.isPrivateKey(kem)
        || !keys.signsForItself(random)
        || !keys.agrees(random)
        || !keys.decapsulates(random)) {
      throw new ProtectorException(
          Code.INVALID_KEY, "a private key does not belong to key set " + publicKeys.id());
    }
    return keys;
  }

  static PrivateKeySet unchecked(
      KeySet publicKeys, PrivateKey signing, PrivateKey encryption, PrivateKey kem) {
    return new PrivateKeySet(publicKeys, signing, encryption, kem);
  }

  /** {@return the public halves} */
  public KeySet publicKeys() {
    return publicKeys;
  }

  /** {@return the public halves' id} */
  public KeyId id() {
    return publicKeys.id();
  }

  byte[] sign(byte[] message, SecureRandom random) {
    return P384.sign(message, signing, random);
  }

  /** {@return the agreed X coordinate}, which the caller zeroes. */
  byte[] agree(ECPublicKey ephemeral) {
    return P384.agree(encryption, ephemeral);
  }

  SecretBytes decapsulate(byte[] ciphertext, SecretArena arena) throws DecapsulateException {
    return MlKem768.decapsulate(kem, ciphertext, arena);
  }

  PrivateKey signing() {
    return signing;
  }

  PrivateKey encryption() {
    return encryption;
  }

  PrivateKey kem() {
    return kem;
  }

  private boolean signsForItself(SecureRandom random) {
    byte[] message = "shieldwall key check".getBytes(StandardCharsets.US_ASCII);
    return P384.verifies(message, sign(message, random), publicKeys.signing());
  }

  private boolean agrees(SecureRandom random) {
    KeyPair other = P384.generate(random);
    return Arrays.equals(
        agree((ECPublicKey) other.getPublic()),
        P384.agree(other.getPrivate(), publicKeys.encryption()));
  }

  private boolean decapsulates(SecureRandom random) {
    PublicKey key = publicKeys.kem();
    SecretArena arena = SecretArena.plain();
    MlKem768.Encapsulated made = MlKem768.encapsulate(key, random, arena);
    try (SecretBytes sent = made.shared();
        SecretBytes received = decapsulate(made.ciphertext(), arena)) {
      return sent.sameAs(received);
    } catch (DecapsulateException e) {
      return false;
    }
  }

  @Override
  public String toString() {
    return "PrivateKeySet[" + id() + "]";
  }
}
