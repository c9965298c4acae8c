package org.shieldwall.protector.state;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.XECPublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;
import org.shieldwall.protector.secret.Hkdf;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/**
 * One side's part in the key of one migration (formats.md, "Migration"): X25519 (RFC 7748) between
 * the two enclaves, and the VM's own migration key, so that only whoever was released that can take
 * part, and whoever learns it later cannot read what was sent. The target's nonce makes it a key
 * for this migration and no other.
 */
public final class MigrationKey {
  /** Bytes of a nonce and of a public key. */
  public static final int BYTES = 32;

  private static final byte[] INFO =
      "shieldwall migration".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  private final KeyPair pair;
  private final byte[] own;

  private MigrationKey(KeyPair pair) {
    this.pair = pair;
    this.own = encode((XECPublicKey) pair.getPublic());
  }

  /** {@return a new part, used once} */
  public static MigrationKey generate(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("X25519");
      generator.initialize(NamedParameterSpec.X25519, random);
      return new MigrationKey(generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no X25519", e);
    }
  }

  /** {@return the 32 bytes to be sent to the other side: u, little-endian} */
  public byte[] publicKey() {
    return own.clone();
  }

  /**
   * {@return the root of the migration's container}
   *
   * @param migration the VM's key of the label {@code migration}
   * @param other the other side's public key
   * @param nonce 32 bytes of the target's choice
   * @param asTarget whether this side receives
   * @throws StateException if {@code other} is no key that leads to a secret
   */
  public SecretBytes root(
      SecretBytes migration, byte[] other, byte[] nonce, boolean asTarget, SecretArena arena)
      throws StateException {
    byte[] material = new byte[2 * BYTES];
    try {
      migration.exposeInto(
          SecretAccess.because("first half of a migration's key material"), material, 0);
      byte[] shared = agree(other);
      System.arraycopy(shared, 0, material, BYTES, BYTES);
      Arrays.fill(shared, (byte) 0);
      try (SecretBytes both = SecretBytes.takeFrom(arena, material)) {
        return Hkdf.derive(
            both, nonce, info(asTarget ? own : other, asTarget ? other : own), BYTES);
      }
    } finally {
      Arrays.fill(material, (byte) 0);
    }
  }

  private static byte[] info(byte[] target, byte[] source) {
    byte[] info = Arrays.copyOf(INFO, INFO.length + 1 + 2 * BYTES);
    System.arraycopy(target, 0, info, INFO.length + 1, BYTES);
    System.arraycopy(source, 0, info, INFO.length + 1 + BYTES, BYTES);
    return info;
  }

  private byte[] agree(byte[] other) throws StateException {
    try {
      KeyAgreement agreement = KeyAgreement.getInstance("X25519");
      agreement.init(pair.getPrivate());
      agreement.doPhase(decode(other), true); // a point of small order is refused here
      return agreement.generateSecret();
    } catch (GeneralSecurityException e) {
      throw new StateException(
          StateException.Problem.FOREIGN_KEY, "the other side's public key leads to no secret");
    }
  }

  private static XECPublicKey decode(byte[] bytes) throws GeneralSecurityException {
    byte[] reversed = reversed(bytes);
    reversed[0] &= 0x7f; // RFC 7748, section 5: the highest bit does not count
    return (XECPublicKey)
        KeyFactory.getInstance("X25519")
            .generatePublic(
                new XECPublicKeySpec(NamedParameterSpec.X25519, new BigInteger(1, reversed)));
  }

  private static byte[] encode(XECPublicKey key) {
    byte[] big = key.getU().toByteArray();
    byte[] bytes = new byte[BYTES];
    for (int i = 0; i < Math.min(BYTES, big.length); i++) {
      bytes[i] = big[big.length - 1 - i];
    }
    return bytes;
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  @Override
  public String toString() {
    return "MigrationKey";
  }
}
