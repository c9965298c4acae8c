package org.shieldwall.evidence.x509;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * A certificate's SubjectPublicKeyInfo.
 *
 * @param encoded the DER as it stands in the certificate
 * @param algorithm the key algorithm's object identifier
 * @param key the key, unless it is of a kind this program cannot use
 */
public record SubjectKey(Bytes encoded, String algorithm, Optional<PublicKey> key) {
  private static final String RSA = "1.2.840.113549.1.1.1";
  private static final String RSAES_OAEP = "1.2.840.113549.1.1.7";
  private static final String RSASSA_PSS = "1.2.840.113549.1.1.10";
  private static final String EC = "1.2.840.10045.2.1";

  /** AlgorithmIdentifier { rsaEncryption, NULL }. */
  private static final byte[] RSA_ALGORITHM =
      HexFormat.of().parseHex("300d06092a864886f70d0101010500");

  static SubjectKey read(Der spki) throws MalformedException {
    spki.require(Der.SEQUENCE, "SubjectPublicKeyInfo");
    String algorithm = spki.child(0, "algorithm").child(0, "algorithm").oid();
    byte[] bits = spki.child(1, "subjectPublicKey").octets();
    Optional<PublicKey> key =
        switch (algorithm) {
          case RSA -> load("RSA", spki.encoded());
          // STMicroelectronics names what the key is for instead of what it is (RFC 4055, 4.1).
          case RSAES_OAEP, RSASSA_PSS -> load("RSA", withRsaAlgorithm(bits));
          case EC -> load("EC", spki.encoded());
          default -> Optional.empty();
        };
    return new SubjectKey(Bytes.of(spki.encoded()), algorithm, key);
  }

  private static Optional<PublicKey> load(String algorithm, byte[] spki) {
    try {
      return Optional.of(
          KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(spki)));
    } catch (GeneralSecurityException e) {
      return Optional.empty();
    }
  }

  private static byte[] withRsaAlgorithm(byte[] publicKey) {
    byte[] bitString = tagged(Der.BIT_STRING, Bytes.concat(Bytes.zeros(1), Bytes.of(publicKey)));
    return tagged(Der.SEQUENCE, Bytes.concat(Bytes.of(RSA_ALGORITHM), Bytes.of(bitString)));
  }

  private static byte[] tagged(int tag, Bytes content) {
    int length = content.length();
    Bytes header =
        length < 0x80
            ? Bytes.of(new byte[] {(byte) tag, (byte) length})
            : Bytes.of(new byte[] {(byte) tag, (byte) 0x82, (byte) (length >>> 8), (byte) length});
    return Bytes.concat(header, content).toArray();
  }

  /** {@return SHA-256 of the key as the Java runtime would encode it, or as it stands} */
  public Bytes sha256() {
    return TpmHash.SHA256.hash(key.map(PublicKey::getEncoded).orElseGet(encoded::toArray));
  }

  /** {@return e.g. {@code RSA-2048} or {@code EC-256}; the object identifier of anything else} */
  public String describe() {
    return key.map(each ->
            switch (each) {
              case RSAPublicKey rsa -> "RSA-" + rsa.getModulus().bitLength();
              case ECPublicKey ec -> "EC-" + ec.getParams().getOrder().bitLength();
              default -> each.getAlgorithm();
            })
        .orElse("unsupported key " + algorithm);
  }
}
