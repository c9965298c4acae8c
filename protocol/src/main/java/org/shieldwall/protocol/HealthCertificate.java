package org.shieldwall.protocol;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * A health certificate: X.509 with the claims in one extension (docs/protocol.md, section 2).
 * Parsing shows that certificate and claims agree on the enclave's key; whether it is trusted is
 * for {@link #refusal}.
 */
public final class HealthCertificate {
  /** The extension that holds the claims. */
  public static final String CLAIMS_OID = "2.25.250716869351131364993538772261845186122";

  /** So much before its issue a certificate begins: other clocks may be behind. */
  public static final Duration BACKDATED = Duration.ofMinutes(5);

  private static final int MAX_BYTES = 32 << 10;
  private static final int OCTET_STRING = 0x04;

  private final X509Certificate certificate;
  private final HealthClaims claims;
  private final Bytes der;

  private HealthCertificate(X509Certificate certificate, HealthClaims claims, Bytes der) {
    this.certificate = certificate;
    this.claims = claims;
    this.der = der;
  }

  /**
   * Reads a certificate, without trusting it.
   *
   * @param der nothing but one certificate
   */
  public static HealthCertificate parse(Bytes der) throws ProtectorException {
    X509Certificate certificate = parseX509(der);
    if (certificate.getExtensionValue(AkCertificate.BINDING_OID) != null) {
      throw malformed("a health certificate", "one of an attestation key");
    }
    byte[] extension = certificate.getExtensionValue(CLAIMS_OID);
    if (extension == null) {
      throw malformed("an extension " + CLAIMS_OID, "none");
    }
    HealthClaims claims;
    try {
      claims = HealthClaims.parse(octets(octets(extension)));
    } catch (MalformedException e) {
      throw malformed("claims in an OCTET STRING", String.valueOf(e.getMessage()));
    }
    if (!(certificate.getPublicKey() instanceof ECPublicKey key)
        || !Arrays.equals(key.getEncoded(), claims.enclave().signing().getEncoded())) {
      throw malformed("the enclave's signing key as subject key", "another key");
    }
    return new HealthCertificate(certificate, claims, der);
  }

  /** {@return the one certificate that {@code der} is} */
  static X509Certificate parseX509(Bytes der) throws ProtectorException {
    if (der.length() > MAX_BYTES) {
      throw new ProtectorException(Code.TOO_LARGE, "certificate: " + der.length() + " bytes");
    }
    try {
      byte[] bytes = der.toArray();
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(bytes));
      if (!Arrays.equals(certificate.getEncoded(), bytes)) {
        throw malformed("one DER certificate and nothing after it", "something else");
      }
      return certificate;
    } catch (CertificateException e) {
      throw malformed("an X.509 certificate", "something else");
    }
  }

  /**
   * {@return why this certificate does not count, in words; nothing if it does}
   *
   * @param signers certificates of the attestation signers that are trusted
   * @param now the time to judge it at
   */
  public Optional<String> refusal(Collection<X509Certificate> signers, Instant now) {
    if (signers.stream().noneMatch(this::isSignedBy)) {
      return Optional.of("it is not signed by an attestation signer that is trusted here");
    }
    if (now.isBefore(certificate.getNotBefore().toInstant())) {
      return Optional.of("it is not valid before " + certificate.getNotBefore().toInstant());
    }
    if (!now.isBefore(expires())) {
      return Optional.of("it expired at " + expires());
    }
    return Optional.empty();
  }

  private boolean isSignedBy(X509Certificate signer) {
    return isSignedBy(certificate, signer);
  }

  static boolean isSignedBy(X509Certificate certificate, X509Certificate signer) {
    if (!"SHA384withECDSA".equals(certificate.getSigAlgName())
        || !certificate.getIssuerX500Principal().equals(signer.getSubjectX500Principal())) {
      return false;
    }
    try {
      certificate.verify(signer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** {@return what it says} */
  public HealthClaims claims() {
    return claims;
  }

  /** {@return the moment from which it is no longer good} */
  public Instant expires() {
    return certificate.getNotAfter().toInstant();
  }

  /** {@return the moment at which it was issued, if its issuer is trusted} */
  public Instant issued() {
    return certificate.getNotBefore().toInstant().plus(BACKDATED);
  }

  /** {@return its bytes} */
  public Bytes der() {
    return der;
  }

  /**
   * Reads a DER OCTET STRING (X.690, sections 8.1.3 and 8.7), definite length, nothing after it.
   */
  static byte[] octets(byte[] der) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(der, "OCTET STRING");
    int tag = in.u8("tag");
    if (tag != OCTET_STRING) {
      throw in.malformed("tag 4", "tag " + tag);
    }
    int length = in.u8("length");
    if (length == 0x81) {
      length = in.u8("length");
    } else if (length == 0x82) {
      length = in.u16("length");
    } else if (length > 0x7F) {
      throw in.malformed("a length of 1 to 3 bytes", Integer.toHexString(length));
    }
    byte[] content = in.bytes(length, "content");
    in.end();
    return content;
  }

  private static ProtectorException malformed(String expected, String found) {
    return new ProtectorException(
        Code.MALFORMED, "health certificate: expected " + expected + ", found " + found);
  }

  @Override
  public String toString() {
    return "HealthCertificate[" + claims.host() + ", expires " + expires() + "]";
  }
}
