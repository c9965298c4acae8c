package org.shieldwall.tpm;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;

/** Public keys in PEM (RFC 7468, section 13): RSA, and EC on P-256, P-384 or P-521. */
public final class PemPublicKey {
  private static final String BEGIN = "-----BEGIN PUBLIC KEY-----";
  private static final String END = "-----END PUBLIC KEY-----";
  private static final int MAX_SIZE = 16 * 1024;

  private PemPublicKey() {}

  /** {@return whether {@code bytes} looks like PEM of a public key rather than a TPM structure} */
  public static boolean looksLike(byte[] bytes) {
    int length = Math.min(bytes.length, 1024);
    return new String(bytes, 0, length, StandardCharsets.ISO_8859_1).contains(BEGIN);
  }

  /** {@return the first public key in {@code pem}} */
  public static PublicKey parse(byte[] pem) throws MalformedException {
    if (pem.length > MAX_SIZE) {
      throw malformed(0, "at most " + MAX_SIZE + " bytes", pem.length + " bytes");
    }
    String text = new String(pem, StandardCharsets.ISO_8859_1);
    int begin = text.indexOf(BEGIN);
    int end = begin < 0 ? -1 : text.indexOf(END, begin + BEGIN.length());
    if (end < 0) {
      throw malformed(Math.max(begin, 0), BEGIN + " … " + END, "something else");
    }
    int from = begin + BEGIN.length();
    byte[] der;
    try {
      der = Base64.getDecoder().decode(text.substring(from, end).replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      throw malformed(from, "base64", "something else");
    }
    return parseDer(der);
  }

  /** {@return the public key that a SubjectPublicKeyInfo holds} */
  public static PublicKey parseDer(byte[] der) throws MalformedException {
    if (der.length > MAX_SIZE) {
      throw malformed(0, "at most " + MAX_SIZE + " bytes", der.length + " bytes");
    }
    Optional<PublicKey> ec = decode("EC", der);
    if (ec.isPresent()) {
      // Checks the curve and the point: Java's key factory does not.
      PublicKeys.fromJava(ec.get(), SymmetricDefinition.NONE, TpmScheme.NONE);
      return ec.get();
    }
    Optional<PublicKey> rsa = decode("RSA", der);
    if (rsa.isPresent()) {
      return rsa.get();
    }
    throw malformed(0, "a SubjectPublicKeyInfo with an RSA or NIST EC key", "something else");
  }

  private static Optional<PublicKey> decode(String algorithm, byte[] der) {
    try {
      return Optional.of(
          KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(der)));
    } catch (GeneralSecurityException e) {
      return Optional.empty();
    }
  }

  private static MalformedException malformed(long offset, String expected, String found) {
    return new MalformedException("public key", offset, expected, found);
  }
}
