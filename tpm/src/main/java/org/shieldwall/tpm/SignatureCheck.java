package org.shieldwall.tpm;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;

/** Verifies TPM signatures with whatever providers Java has installed. */
final class SignatureCheck {
  private SignatureCheck() {}

  static boolean verify(TpmSignature signature, PublicKey key, Bytes message) {
    if (!signature.hash().isSupported()) {
      return false;
    }
    try {
      return switch (signature) {
        case TpmSignature.Rsa rsa when key instanceof RSAPublicKey rsaKey ->
            rsa.scheme() == TpmAlgorithm.RSASSA
                ? pkcs1(rsa, rsaKey, message)
                : pss(rsa, rsaKey, message);
        case TpmSignature.Ecdsa ecdsa when key instanceof ECPublicKey ecKey ->
            ecdsa(ecdsa, ecKey, message);
        case TpmSignature.Rsa ignored -> false;
        case TpmSignature.Ecdsa ignored -> false;
      };
    } catch (GeneralSecurityException e) {
      // Providers report a signature of the wrong length or shape this way.
      return false;
    }
  }

  private static boolean pkcs1(TpmSignature.Rsa signature, RSAPublicKey key, Bytes message)
      throws GeneralSecurityException {
    Signature check = Signature.getInstance(signature.hash().signaturePrefix() + "withRSA");
    return check(check, key, message, signature.value().shared());
  }

  /**
   * Part 1, annex B.7: the salt is as long as the digest in FIPS 186-4 mode, otherwise as long as
   * fits. Genuine TPMs do either, and the signature does not say which.
   */
  private static boolean pss(TpmSignature.Rsa signature, RSAPublicKey key, Bytes message)
      throws GeneralSecurityException {
    int encoded = (key.getModulus().bitLength() - 1 + 7) / 8;
    int digest = signature.hash().size();
    int longest = encoded - digest - 2;
    if (longest < 0) {
      return false;
    }
    boolean likeTheDigest = longest >= digest && pss(signature, key, message, digest);
    return likeTheDigest || pss(signature, key, message, longest);
  }

  private static boolean pss(
      TpmSignature.Rsa signature, RSAPublicKey key, Bytes message, int saltLength)
      throws GeneralSecurityException {
    String hash = signature.hash().javaName();
    Signature check = Signature.getInstance("RSASSA-PSS");
    check.setParameter(
        new PSSParameterSpec(
            hash,
            "MGF1",
            new MGF1ParameterSpec(hash),
            saltLength,
            PSSParameterSpec.TRAILER_FIELD_BC));
    return check(check, key, message, signature.value().shared());
  }

  private static boolean ecdsa(TpmSignature.Ecdsa signature, ECPublicKey key, Bytes message)
      throws GeneralSecurityException {
    BigInteger order = key.getParams().getOrder();
    BigInteger r = new BigInteger(1, signature.r().shared());
    BigInteger s = new BigInteger(1, signature.s().shared());
    if (!inRange(r, order) || !inRange(s, order)) {
      return false;
    }
    int size = (order.bitLength() + 7) / 8;
    byte[] both = new byte[2 * size];
    System.arraycopy(PublicKeys.unsigned(r, size), 0, both, 0, size);
    System.arraycopy(PublicKeys.unsigned(s, size), 0, both, size, size);
    Signature check =
        Signature.getInstance(signature.hash().signaturePrefix() + "withECDSAinP1363Format");
    return check(check, key, message, both);
  }

  private static boolean check(Signature check, PublicKey key, Bytes message, byte[] signature)
      throws GeneralSecurityException {
    check.initVerify(key);
    check.update(message.shared());
    return check.verify(signature);
  }

  private static boolean inRange(BigInteger number, BigInteger order) {
    return number.signum() > 0 && number.compareTo(order) < 0;
  }
}
