package org.shieldwall.tpm;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/**
 * Credential protection without a TPM (Part 1, section 24 and annexes B.10.4 and C.6.4): encrypts a
 * secret to an endorsement key so that its TPM gives it out only beside the attestation key of a
 * given name. The endorsement key is one of the default templates': SHA-256 names, AES-128-CFB.
 */
public final class CredentialMaker {
  private static final TpmHash HASH = TpmHash.SHA256;
  private static final int SYMMETRIC_BITS = 128;
  private static final String IDENTITY = "IDENTITY";

  private final SecureRandom random;
  private final EphemeralKeys ephemeralKeys;

  /** Where the ephemeral half of a Diffie-Hellman exchange comes from. */
  interface EphemeralKeys {
    KeyPair generate(ECParameterSpec curve) throws GeneralSecurityException;
  }

  /** A seed, in plain and as only the endorsement key's TPM can read it. */
  private static final class Seed {
    private final byte[] plain;
    private final Bytes encrypted;

    Seed(byte[] plain, Bytes encrypted) {
      this.plain = plain;
      this.encrypted = encrypted;
    }
  }

  /** A maker that draws seeds and ephemeral keys from {@code random}. */
  public CredentialMaker(SecureRandom random) {
    this(
        random,
        curve -> {
          KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
          generator.initialize(curve, random);
          return generator.generateKeyPair();
        });
  }

  CredentialMaker(SecureRandom random, EphemeralKeys ephemeralKeys) {
    this.random = random;
    this.ephemeralKeys = ephemeralKeys;
  }

  /**
   * {@return {@code secret}, for the TPM that holds both keys}
   *
   * @param endorsementKey RSA-2048 or P-256, as from an endorsement certificate
   * @param attestationKey name of the attestation key
   * @param secret at most 32 bytes; not kept
   * @throws MalformedException if the endorsement key is of another kind
   */
  public Credential make(PublicKey endorsementKey, TpmName attestationKey, byte[] secret)
      throws MalformedException {
    if (secret.length == 0 || secret.length > HASH.size()) {
      // Part 2, section 12.6.2: a credential is a TPM2B_DIGEST.
      throw new IllegalArgumentException("a secret of " + secret.length + " bytes");
    }
    Seed seed;
    try {
      seed =
          switch (endorsementKey) {
            case RSAPublicKey rsa -> rsaSeed(rsa);
            case ECPublicKey ec -> ecSeed(ec);
            default -> throw unsuitable(endorsementKey.getAlgorithm());
          };
    } catch (GeneralSecurityException e) {
      throw unsuitable(String.valueOf(e.getMessage()));
    }
    try {
      return new Credential(idObject(seed.plain, attestationKey, secret), seed.encrypted);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java runtime lacks AES-CFB", e);
    } finally {
      Arrays.fill(seed.plain, (byte) 0);
    }
  }

  /** Annex B.10.4: OAEP with the label IDENTITY, its zero byte included. */
  private Seed rsaSeed(RSAPublicKey key) throws GeneralSecurityException, MalformedException {
    if (key.getModulus().bitLength() != 2048) {
      throw unsuitable("RSA-" + key.getModulus().bitLength());
    }
    byte[] plain = new byte[SYMMETRIC_BITS / 8];
    random.nextBytes(plain);
    byte[] encrypted = oaep(key, KeyDerivation.zeroEnded(IDENTITY), plain, random);
    return new Seed(plain, new ByteWriter().sized(encrypted).toBytes());
  }

  /** RSAES-OAEP (RFC 8017, section 7.1.1) with this class's hash for label and mask alike. */
  static byte[] oaep(RSAPublicKey key, byte[] label, byte[] plain, SecureRandom random)
      throws GeneralSecurityException {
    Cipher oaep = Cipher.getInstance("RSA/ECB/OAEPPadding");
    oaep.init(
        Cipher.ENCRYPT_MODE,
        key,
        new OAEPParameterSpec(
            HASH.javaName(),
            "MGF1",
            new MGF1ParameterSpec(HASH.javaName()),
            new PSource.PSpecified(label)),
        random);
    return oaep.doFinal(plain);
  }

  /** Annex C.6.4: one-pass Diffie-Hellman; what is sent is the ephemeral point. */
  private Seed ecSeed(ECPublicKey key) throws GeneralSecurityException, MalformedException {
    // Checks the curve, and that the point lies on it.
    TpmKey checked = PublicKeys.fromJava(key, SymmetricDefinition.NONE, TpmScheme.NONE);
    if (!(checked instanceof TpmKey.Ecc ecc) || ecc.curve() != TpmCurve.NIST_P256) {
      throw unsuitable("another curve");
    }
    KeyPair pair = ephemeralKeys.generate(key.getParams());
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
    agreement.init(pair.getPrivate());
    agreement.doPhase(key, true);
    byte[] z = agreement.generateSecret();
    int size = ecc.curve().size();
    ECPublicKey ephemeral = (ECPublicKey) pair.getPublic();
    Bytes x = Bytes.adopt(PublicKeys.unsigned(ephemeral.getW().getAffineX(), size));
    Bytes y = Bytes.adopt(PublicKeys.unsigned(ephemeral.getW().getAffineY(), size));
    byte[] plain = KeyDerivation.kdfE(HASH, z, IDENTITY, x, ecc.x(), 8 * HASH.size());
    Arrays.fill(z, (byte) 0);
    byte[] point = new ByteWriter().sized(x).sized(y).toByteArray();
    return new Seed(plain, new ByteWriter().sized(point).toBytes());
  }

  /** Part 1, sections 24.4 and 24.5: the secret encrypted, then an HMAC over it and the name. */
  private static Bytes idObject(byte[] seed, TpmName name, byte[] secret)
      throws GeneralSecurityException {
    byte[] symmetricKey =
        KeyDerivation.kdfA(HASH, seed, "STORAGE", name.value(), Bytes.EMPTY, SYMMETRIC_BITS);
    byte[] macKey =
        KeyDerivation.kdfA(HASH, seed, "INTEGRITY", Bytes.EMPTY, Bytes.EMPTY, 8 * HASH.size());
    ByteWriter plain = new ByteWriter().sized(secret);
    byte[] bytes = plain.toByteArray();
    try {
      Cipher cipher = Cipher.getInstance("AES/CFB/NoPadding");
      // A zero vector is the specification's, and safe because each key is used once.
      cipher.init(
          Cipher.ENCRYPT_MODE,
          new SecretKeySpec(symmetricKey, "AES"),
          new IvParameterSpec(new byte[16]));
      byte[] encrypted = cipher.doFinal(bytes);
      Bytes mac =
          HASH.hmac(macKey, new ByteWriter().bytes(encrypted).bytes(name.value()).toByteArray());
      byte[] object = new ByteWriter().sized(mac).bytes(encrypted).toByteArray();
      return new ByteWriter().sized(object).toBytes();
    } finally {
      plain.wipe();
      Arrays.fill(bytes, (byte) 0);
      Arrays.fill(symmetricKey, (byte) 0);
      Arrays.fill(macKey, (byte) 0);
    }
  }

  private static MalformedException unsuitable(String found) {
    return new MalformedException("endorsement key", 0, "an RSA-2048 or P-256 key", found);
  }
}
