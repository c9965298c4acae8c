package org.shieldwall.protector;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ObjectNode;

/** The curve P-384 (SEC 2, section 2.5.1): points and their texts, ES384 and ECDH. */
final class P384 {
  static final int COORDINATE_BYTES = 48;
  static final int POINT_BYTES = 1 + 2 * COORDINATE_BYTES;

  /** r and s, each the length of a coordinate (RFC 7518, section 3.4). */
  static final int SIGNATURE_BYTES = 2 * COORDINATE_BYTES;

  private static final String SIGNATURE = "SHA384withECDSAinP1363Format";
  private static final ECParameterSpec CURVE = curve();
  private static final BigInteger PRIME = ((ECFieldFp) CURVE.getCurve().getField()).getP();

  private P384() {}

  static KeyPair generate(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp384r1"), random);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  /** {@return whether this private key, which may be in a token, is one of this curve} */
  static boolean isOnCurve(PrivateKey key) {
    return key instanceof ECKey ec
        && ec.getParams() != null
        && ec.getParams().getCurve().equals(CURVE.getCurve())
        && (!(key instanceof ECPrivateKey open) || isScalar(open.getS()));
  }

  private static boolean isScalar(BigInteger number) {
    return number.signum() > 0 && number.compareTo(CURVE.getOrder()) < 0;
  }

  /** {@return 0x04, X, Y (SEC 1, section 2.3.3)} */
  static byte[] encode(ECPublicKey key) {
    byte[] point = new byte[POINT_BYTES];
    point[0] = 4;
    putCoordinate(key.getW().getAffineX(), point, 1);
    putCoordinate(key.getW().getAffineY(), point, 1 + COORDINATE_BYTES);
    return point;
  }

  static ECPublicKey decode(byte[] point, String where) throws ProtectorException {
    if (point.length != POINT_BYTES || point[0] != 4) {
      throw new ProtectorException(
          Code.INVALID_KEY, where + ": not an uncompressed point of P-384");
    }
    return decode(
        Arrays.copyOfRange(point, 1, 1 + COORDINATE_BYTES),
        Arrays.copyOfRange(point, 1 + COORDINATE_BYTES, POINT_BYTES),
        where);
  }

  /**
   * {@return a JWK with exactly {@code kty}, {@code crv}, {@code x}, {@code y} (RFC 7518, 6.2.1)}
   */
  static ObjectNode toJwk(ECPublicKey key) {
    byte[] point = encode(key);
    return Json.object()
        .put("kty", "EC")
        .put("crv", "P-384")
        .put("x", B64u.encode(Arrays.copyOfRange(point, 1, 1 + COORDINATE_BYTES)))
        .put("y", B64u.encode(Arrays.copyOfRange(point, 1 + COORDINATE_BYTES, POINT_BYTES)));
  }

  static ECPublicKey fromJwk(Json jwk) throws ProtectorException {
    jwk.members("kty", "crv", "x", "y");
    String type = jwk.at("kty").text(20);
    String curve = jwk.at("crv").text(20);
    if (!type.equals("EC") || !curve.equals("P-384")) {
      throw new ProtectorException(
          Code.WRONG_ALGORITHM, jwk.where() + ": expected an EC key on P-384");
    }
    return decode(
        jwk.at("x").bytes(COORDINATE_BYTES), jwk.at("y").bytes(COORDINATE_BYTES), jwk.where());
  }

  static byte[] sign(byte[] message, PrivateKey key, SecureRandom random) {
    try {
      Signature signature = Signature.getInstance(SIGNATURE);
      signature.initSign(key, random);
      signature.update(message);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  static boolean verifies(byte[] message, byte[] signatureBytes, ECPublicKey key) {
    if (signatureBytes.length != SIGNATURE_BYTES) {
      return false;
    }
    try {
      Signature signature = Signature.getInstance(SIGNATURE);
      signature.initVerify(key);
      signature.update(message);
      return signature.verify(signatureBytes);
    } catch (SignatureException e) {
      // r or s out of range.
      return false;
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  /** {@return Z, the shared X coordinate}, which the caller zeroes. */
  static byte[] agree(PrivateKey key, ECPublicKey other) {
    try {
      KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
      agreement.init(key);
      agreement.doPhase(other, true);
      return agreement.generateSecret();
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("a checked point was refused", e);
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  /**
   * Checks that the point is on the curve: a point on another curve would let whoever made it learn
   * the private key by asking for agreements. The cofactor is 1, so no further check is needed
   * (NIST SP 800-56A, section 5.6.2.3.4); infinity has no uncompressed encoding.
   */
  private static ECPublicKey decode(byte[] x, byte[] y, String where) throws ProtectorException {
    BigInteger px = new BigInteger(1, x);
    BigInteger py = new BigInteger(1, y);
    BigInteger right =
        px.modPow(BigInteger.valueOf(3), PRIME)
            .add(CURVE.getCurve().getA().multiply(px))
            .add(CURVE.getCurve().getB())
            .mod(PRIME);
    if (px.compareTo(PRIME) >= 0
        || py.compareTo(PRIME) >= 0
        || !py.multiply(py).mod(PRIME).equals(right)) {
      throw new ProtectorException(Code.INVALID_KEY, where + ": the point is not on P-384");
    }
    try {
      return (ECPublicKey)
          KeyFactory.getInstance("EC")
              .generatePublic(new ECPublicKeySpec(new ECPoint(px, py), CURVE));
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  private static void putCoordinate(BigInteger value, byte[] out, int at) {
    byte[] bytes = value.toByteArray();
    int from = Math.max(0, bytes.length - COORDINATE_BYTES);
    int count = bytes.length - from;
    System.arraycopy(bytes, from, out, at + COORDINATE_BYTES - count, count);
  }

  private static ECParameterSpec curve() {
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec("secp384r1"));
      return parameters.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  private static IllegalStateException unusable(GeneralSecurityException cause) {
    return new IllegalStateException("this Java has no usable P-384", cause);
  }
}
