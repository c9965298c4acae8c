package org.shieldwall.hgs.policy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;

/** A key in a file: PEM, a certificate or a public key, RSA or on a NIST curve. */
final class PublicKeyFile {
  private static final String BEGIN = "-----BEGIN PUBLIC KEY-----";
  private static final String END = "-----END PUBLIC KEY-----";

  private PublicKeyFile() {}

  /** {@return the key} */
  static PublicKey parse(Bytes file) throws GeneralSecurityException {
    String text = new String(file.toArray(), StandardCharsets.US_ASCII);
    int from = text.indexOf(BEGIN);
    if (from < 0) {
      return CertificateFactory.getInstance("X.509")
          .generateCertificate(new ByteArrayInputStream(file.toArray()))
          .getPublicKey();
    }
    // Past the whole of the first line: its dashes are not the last line's.
    int to = text.indexOf(END, from + BEGIN.length());
    if (to < 0) {
      throw new GeneralSecurityException("no " + END);
    }
    byte[] der = decoded(text.substring(from + BEGIN.length(), to).strip());
    return key("EC", der)
        .or(() -> key("RSA", der))
        .orElseThrow(() -> new GeneralSecurityException("neither an RSA nor an EC key"));
  }

  private static byte[] decoded(String base64) throws GeneralSecurityException {
    try {
      return Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException("no base64", e);
    }
  }

  private static Optional<PublicKey> key(String algorithm, byte[] der) {
    try {
      return Optional.of(
          KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(der)));
    } catch (GeneralSecurityException ofAnotherKind) {
      return Optional.empty();
    }
  }
}
