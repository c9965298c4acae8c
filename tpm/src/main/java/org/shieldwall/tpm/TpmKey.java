package org.shieldwall.tpm;

/**
 * The part of a public area that depends on its type: TPMU_PUBLIC_PARMS and TPMU_PUBLIC_ID (Part 2,
 * sections 12.2.3.7 and 12.2.3.2). In a template the unique fields are a salt or empty; in a public
 * area that a TPM returned they are the public key.
 */
public sealed interface TpmKey {
  /** {@return the object's type} */
  TpmAlgorithm type();

  /**
   * An RSA key.
   *
   * @param symmetric how a storage key protects its children; none for other keys
   * @param scheme signing or encryption scheme, or none
   * @param keyBits length of the modulus in bits
   * @param exponent the public exponent; 0 stands for 65537
   * @param modulus the modulus, big-endian
   */
  record Rsa(
      SymmetricDefinition symmetric, TpmScheme scheme, int keyBits, long exponent, Bytes modulus)
      implements TpmKey {
    /** {@return the public exponent, with 65537 spelled out} */
    public long effectiveExponent() {
      return exponent == 0 ? 65537 : exponent;
    }

    @Override
    public TpmAlgorithm type() {
      return TpmAlgorithm.RSA;
    }
  }

  /**
   * An elliptic-curve key.
   *
   * @param symmetric how a storage key protects its children; none for other keys
   * @param scheme signing or key-exchange scheme, or none
   * @param curve the curve
   * @param kdf key derivation scheme, reserved by the specification: none
   * @param x first coordinate, big-endian, possibly without leading zeros
   * @param y second coordinate, big-endian, possibly without leading zeros
   */
  record Ecc(
      SymmetricDefinition symmetric,
      TpmScheme scheme,
      TpmCurve curve,
      TpmScheme kdf,
      Bytes x,
      Bytes y)
      implements TpmKey {
    @Override
    public TpmAlgorithm type() {
      return TpmAlgorithm.ECC;
    }
  }

  /**
   * Sealed data, or an HMAC key.
   *
   * @param scheme HMAC, or none for sealed data
   * @param unique digest that binds the public to the sensitive part
   */
  record KeyedHash(TpmScheme scheme, Bytes unique) implements TpmKey {
    @Override
    public TpmAlgorithm type() {
      return TpmAlgorithm.KEYEDHASH;
    }
  }

  /**
   * A symmetric key.
   *
   * @param symmetric cipher, key size and mode
   * @param unique digest that binds the public to the sensitive part
   */
  record SymmetricCipher(SymmetricDefinition symmetric, Bytes unique) implements TpmKey {
    @Override
    public TpmAlgorithm type() {
      return TpmAlgorithm.SYMCIPHER;
    }
  }
}
