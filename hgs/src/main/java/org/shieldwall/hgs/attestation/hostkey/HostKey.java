package org.shieldwall.hgs.attestation.hostkey;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.operator.DefaultAlgorithmNameFinder;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.protocol.HostKeyDocument;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PemPublicKey;
import org.shieldwall.tpm.TpmHash;

/**
 * A host's public key, strong enough to be one: RSA of 3072 bits or more, P-256 or P-384. Each kind
 * of key signs in one way, so that nothing is negotiated: RSASSA-PSS with SHA-384 (salt of 48
 * bytes), ECDSA with SHA-256 on P-256 and with SHA-384 on P-384, as two numbers of fixed length.
 *
 * @param key in Java's terms
 * @param id SHA-256 of its SubjectPublicKeyInfo
 */
public record HostKey(PublicKey key, Bytes id) {
  private static final int LEAST_RSA_BITS = 3072;
  private static final int MOST_RSA_BITS = 16_384;
  private static final BigInteger LEAST_EXPONENT = BigInteger.valueOf(65_537);

  /** Longer exponents than this only make a verifier work. */
  private static final int MOST_EXPONENT_BITS = 64;

  private static final int P256_BITS = 256;
  private static final int P384_BITS = 384;
  private static final String MAKE_ANOTHER =
      "make a key that is: shieldwall host key new, on the host";

  /**
   * Reads a public key in PEM.
   *
   * @throws HgsException if it is none, or not one that a host may have; says what it is
   */
  public static HostKey parsePem(byte[] pem) throws HgsException {
    if (pem.length > HostKeyDocument.MAX_BYTES) {
      throw new HgsException("the file is too large for a public key", MAKE_ANOTHER);
    }
    try {
      return accept(PemPublicKey.parse(pem));
    } catch (MalformedException e) {
      throw new HgsException(
          "a host key is RSA of at least 3072 bits, P-256 or P-384, and this is " + name(pem),
          MAKE_ANOTHER,
          e);
    }
  }

  /** Reads a SubjectPublicKeyInfo that was accepted before. */
  public static HostKey parseDer(Bytes der) throws HgsException {
    try {
      return accept(PemPublicKey.parseDer(der.toArray()));
    } catch (MalformedException e) {
      throw new HgsException("the stored host key does not read", MAKE_ANOTHER, e);
    }
  }

  private static HostKey accept(PublicKey key) throws HgsException {
    switch (key) {
      case RSAPublicKey rsa -> requireStrong(rsa);
      case ECPublicKey ec -> requireCurve(ec.getParams().getOrder().bitLength());
      default -> throw refused("a key of the kind " + key.getAlgorithm());
    }
    return new HostKey(key, TpmHash.SHA256.hash(Bytes.of(key.getEncoded())));
  }

  private static void requireStrong(RSAPublicKey rsa) throws HgsException {
    int bits = rsa.getModulus().bitLength();
    if (bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS) {
      throw refused("RSA of " + bits + " bits");
    }
    BigInteger exponent = rsa.getPublicExponent();
    if (exponent.compareTo(LEAST_EXPONENT) < 0
        || exponent.bitLength() > MOST_EXPONENT_BITS
        || !exponent.testBit(0)) {
      throw new HgsException(
          "the RSA key's public exponent is not an odd number from 65537 to 2^64", MAKE_ANOTHER);
    }
    if (!rsa.getModulus().testBit(0)) {
      throw new HgsException("the RSA key's modulus is even: it is no key", MAKE_ANOTHER);
    }
  }

  private static void requireCurve(int bits) throws HgsException {
    if (bits != P256_BITS && bits != P384_BITS) {
      throw refused("a key on a curve of " + bits + " bits");
    }
  }

  private static HgsException refused(String found) {
    return new HgsException(
        "a host key is RSA of at least 3072 bits, P-256 or P-384, and this is " + found,
        MAKE_ANOTHER);
  }

  /** {@return what a file that is no key for a host holds, in words} */
  private static String name(byte[] pem) {
    String text = new String(pem, java.nio.charset.StandardCharsets.ISO_8859_1);
    if (text.contains("PRIVATE KEY-----")) {
      return "a private key: keep it on its host, and take it for known to others now";
    }
    if (text.contains("-----BEGIN CERTIFICATE-----")) {
      return "a certificate: give its public key alone (openssl x509 -pubkey -noout)";
    }
    String base64 = text.replaceAll("-----[A-Z ]+-----|\\s", "");
    try {
      SubjectPublicKeyInfo info =
          SubjectPublicKeyInfo.getInstance(java.util.Base64.getDecoder().decode(base64));
      return "another kind of key: "
          + new DefaultAlgorithmNameFinder().getAlgorithmName(info.getAlgorithm());
    } catch (IllegalArgumentException e) {
      return "no public key in PEM";
    }
  }

  /** {@return whether {@code signature} is this key's over {@code message}} */
  public boolean verifies(Bytes message, Bytes signature) {
    try {
      Signature check = algorithm();
      check.initVerify(key);
      check.update(message.toArray());
      return check.verify(signature.toArray());
    } catch (GeneralSecurityException e) {
      // Providers report a signature of the wrong length or shape this way.
      return false;
    }
  }

  private Signature algorithm() throws GeneralSecurityException {
    if (key instanceof ECPublicKey ec) {
      return Signature.getInstance(
          ec.getParams().getOrder().bitLength() == P256_BITS
              ? "SHA256withECDSAinP1363Format"
              : "SHA384withECDSAinP1363Format");
    }
    Signature pss = Signature.getInstance("RSASSA-PSS");
    pss.setParameter(
        new PSSParameterSpec(
            "SHA-384",
            "MGF1",
            MGF1ParameterSpec.SHA384,
            TpmHash.SHA384.size(),
            PSSParameterSpec.TRAILER_FIELD_BC));
    return pss;
  }
}
