package org.shieldwall.tpm;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EllipticCurve;
import java.security.spec.RSAPublicKeySpec;
import java.util.Optional;

/** Between a TPM's public keys and Java's, checked in both directions. */
final class PublicKeys {
  private PublicKeys() {}

  static PublicKey toJava(TpmKey key) throws MalformedException {
    return switch (key) {
      case TpmKey.Rsa rsa -> rsa(rsa);
      case TpmKey.Ecc ecc -> ecc(ecc);
      case TpmKey.KeyedHash ignored -> throw noKey(key);
      case TpmKey.SymmetricCipher ignored -> throw noKey(key);
    };
  }

  /** {@return the parameters and point or modulus of {@code key}, as an area with this scheme} */
  static TpmKey fromJava(PublicKey key, SymmetricDefinition symmetric, TpmScheme scheme)
      throws MalformedException {
    return switch (key) {
      case RSAPublicKey rsa -> fromRsa(rsa, symmetric, scheme);
      case ECPublicKey ec -> fromEcc(ec, symmetric, scheme);
      default -> throw malformed("an RSA or EC public key", key.getAlgorithm());
    };
  }

  private static TpmKey fromRsa(RSAPublicKey key, SymmetricDefinition symmetric, TpmScheme scheme)
      throws MalformedException {
    BigInteger exponent = key.getPublicExponent();
    if (exponent.bitLength() > 32) {
      throw malformed("an exponent of 32 bits", exponent.bitLength() + " bits");
    }
    int bits = key.getModulus().bitLength();
    if (bits % 8 != 0 || bits > 4096) {
      throw malformed("a modulus of whole bytes, 4096 bits at most", bits + " bits");
    }
    long small = exponent.longValue();
    Bytes modulus = Bytes.adopt(unsigned(key.getModulus(), bits / 8));
    return new TpmKey.Rsa(symmetric, scheme, bits, small == 65537 ? 0 : small, modulus);
  }

  private static TpmKey fromEcc(ECPublicKey key, SymmetricDefinition symmetric, TpmScheme scheme)
      throws MalformedException {
    Optional<TpmCurve> curve = TpmCurve.of(key.getParams());
    if (curve.isEmpty()) {
      throw malformed("P-256, P-384 or P-521", "another curve");
    }
    requireOnCurve(key.getW(), key.getParams().getCurve());
    int size = curve.get().size();
    Bytes x = Bytes.adopt(unsigned(key.getW().getAffineX(), size));
    Bytes y = Bytes.adopt(unsigned(key.getW().getAffineY(), size));
    return new TpmKey.Ecc(symmetric, scheme, curve.get(), TpmScheme.NONE, x, y);
  }

  private static PublicKey rsa(TpmKey.Rsa rsa) throws MalformedException {
    BigInteger modulus = new BigInteger(1, rsa.modulus().shared());
    if (modulus.bitLength() != rsa.keyBits() || rsa.keyBits() < 1024 || !modulus.testBit(0)) {
      throw malformed(
          "an odd modulus of " + rsa.keyBits() + " bits, 1024 at least",
          modulus.bitLength() + " bits");
    }
    long exponent = rsa.effectiveExponent();
    if (exponent < 65537 || exponent % 2 == 0) {
      throw malformed("an odd exponent, 65537 at least", Long.toString(exponent));
    }
    try {
      return KeyFactory.getInstance("RSA")
          .generatePublic(new RSAPublicKeySpec(modulus, BigInteger.valueOf(exponent)));
    } catch (GeneralSecurityException e) {
      throw malformed("an RSA public key", String.valueOf(e.getMessage()));
    }
  }

  private static PublicKey ecc(TpmKey.Ecc ecc) throws MalformedException {
    if (!ecc.curve().isSupported()) {
      throw malformed("P-256, P-384 or P-521", ecc.curve().name());
    }
    ECParameterSpec parameters = ecc.curve().parameters();
    ECPoint point =
        new ECPoint(new BigInteger(1, ecc.x().shared()), new BigInteger(1, ecc.y().shared()));
    requireOnCurve(point, parameters.getCurve());
    try {
      return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, parameters));
    } catch (GeneralSecurityException e) {
      throw malformed("an EC public key", String.valueOf(e.getMessage()));
    }
  }

  /** An invalid-curve point would let its sender learn a private key's residues by ECDH. */
  private static void requireOnCurve(ECPoint point, EllipticCurve curve) throws MalformedException {
    if (point.equals(ECPoint.POINT_INFINITY)) {
      throw malformed("a point on the curve", "the point at infinity");
    }
    BigInteger p = ((ECFieldFp) curve.getField()).getP();
    BigInteger x = point.getAffineX();
    BigInteger y = point.getAffineY();
    boolean inField =
        x.signum() >= 0 && y.signum() >= 0 && x.compareTo(p) < 0 && y.compareTo(p) < 0;
    BigInteger right = x.multiply(x).add(curve.getA()).multiply(x).add(curve.getB()).mod(p);
    if (!inField || !y.multiply(y).mod(p).equals(right)) {
      throw malformed("a point on the curve", "a point off the curve");
    }
  }

  /** {@return {@code value} in exactly {@code length} bytes, big-endian} */
  static byte[] unsigned(BigInteger value, int length) {
    byte[] signed = value.toByteArray();
    byte[] out = new byte[length];
    int from = signed[0] == 0 ? 1 : 0;
    int count = signed.length - from;
    if (count > length) {
      throw new IllegalArgumentException("a number of " + count + " bytes, not " + length);
    }
    System.arraycopy(signed, from, out, length - count, count);
    return out;
  }

  private static MalformedException noKey(TpmKey key) {
    return malformed("an RSA or ECC key", key.type().name());
  }

  private static MalformedException malformed(String expected, String found) {
    return new MalformedException("public key", 0, expected, found);
  }
}
