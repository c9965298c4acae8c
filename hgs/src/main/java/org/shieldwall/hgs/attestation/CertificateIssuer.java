package org.shieldwall.hgs.attestation;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DefaultSignatureAlgorithmIdentifierFinder;
import org.shieldwall.protector.Json;
import org.shieldwall.protocol.AkCertificate;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.tpm.Bytes;

/** Issues certificates of health and of attestation keys (docs/protocol.md, section 2). */
final class CertificateIssuer {
  private static final ASN1ObjectIdentifier CLAIMS =
      new ASN1ObjectIdentifier(HealthCertificate.CLAIMS_OID);

  private static final ASN1ObjectIdentifier AK_BINDING =
      new ASN1ObjectIdentifier(AkCertificate.BINDING_OID);
  private static final KeyPurposeId AK_PURPOSE =
      KeyPurposeId.getInstance(new ASN1ObjectIdentifier(AkCertificate.PURPOSE_OID));

  private static final int SERIAL_BITS = 128;
  private static final String ALGORITHM = "SHA384withECDSA";
  private static final AlgorithmIdentifier ALGORITHM_ID =
      new DefaultSignatureAlgorithmIdentifierFinder().find(ALGORITHM);

  private final PrivateKey key;
  private final X509Certificate signer;
  private final Bytes signerDer;
  private final X500Name issuer;
  private final Duration validity;
  private final SecureRandom random;

  CertificateIssuer(
      PrivateKey key, X509Certificate signer, Duration validity, SecureRandom random) {
    this.key = key;
    this.signer = signer;
    this.signerDer = encoded(signer);
    this.issuer = X500Name.getInstance(signer.getSubjectX500Principal().getEncoded());
    this.validity = validity;
    this.random = random;
  }

  /**
   * A certificate.
   *
   * @param der nothing but it
   * @param expires when it is no longer good
   */
  record Issued(Bytes der, Instant expires) {}

  /**
   * {@return a certificate that says {@code claims}}
   *
   * @param until what it says is not to be relied on from then on
   */
  Issued issue(HealthClaims claims, Instant now, Instant until) {
    Instant seconds = now.truncatedTo(ChronoUnit.SECONDS);
    Instant usual = now.plus(validity);
    Instant expires = expiry(usual.isBefore(until) ? usual : until);
    try {
      Bytes der =
          sign(
              builder(seconds, expires, claims.host(), claims.enclave().signing())
                  .addExtension(CLAIMS, false, new DEROctetString(Json.bytes(claims.toJson()))));
      return new Issued(der, expires);
    } catch (IOException e) {
      throw new IllegalStateException("a health certificate cannot be built", e);
    }
  }

  /** {@return a certificate that binds an attestation key to an endorsement key, DER} */
  Bytes issue(AkCertificate.Binding binding, PublicKey ak, Duration lifetime, Instant now) {
    Instant seconds = now.truncatedTo(ChronoUnit.SECONDS);
    try {
      return sign(
          builder(seconds, expiry(now.plus(lifetime)), "Attestation key of " + binding.host(), ak)
              .addExtension(Extension.extendedKeyUsage, true, new ExtendedKeyUsage(AK_PURPOSE))
              .addExtension(AK_BINDING, false, new DEROctetString(binding.toBytes())));
    } catch (IOException e) {
      throw new IllegalStateException("a certificate of a key cannot be built", e);
    }
  }

  private X509v3CertificateBuilder builder(
      Instant seconds, Instant end, String common, PublicKey subjectKey) throws IOException {
    X500Name subject = new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, common).build();
    return new X509v3CertificateBuilder(
            issuer,
            new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS),
            Date.from(seconds.minus(HealthCertificate.BACKDATED)),
            Date.from(end),
            subject,
            SubjectPublicKeyInfo.getInstance(subjectKey.getEncoded()))
        .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
        .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
  }

  private Bytes sign(X509v3CertificateBuilder builder) throws IOException {
    return Bytes.of(builder.build(new Signer(key)).getEncoded());
  }

  /** Signs one certificate, with the provider that comes first. */
  private static final class Signer implements ContentSigner {
    private final PrivateKey key;
    private final ByteArrayOutputStream content = new ByteArrayOutputStream();

    Signer(PrivateKey key) {
      this.key = key;
    }

    @Override
    public AlgorithmIdentifier getAlgorithmIdentifier() {
      return ALGORITHM_ID;
    }

    @Override
    public OutputStream getOutputStream() {
      return content;
    }

    @Override
    public byte[] getSignature() {
      try {
        Signature signature = Signature.getInstance(ALGORITHM);
        signature.initSign(key);
        signature.update(content.toByteArray());
        return signature.sign();
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("the attestation signer's key does not sign", e);
      }
    }
  }

  /** A certificate never outlives the one that signs it. */
  private Instant expiry(Instant end) {
    Instant wanted = end.truncatedTo(ChronoUnit.SECONDS);
    Instant most = signer.getNotAfter().toInstant();
    return wanted.isBefore(most) ? wanted : most;
  }

  /** {@return the certificate that signs, DER} */
  Bytes signerDer() {
    return signerDer;
  }

  private static Bytes encoded(X509Certificate certificate) {
    try {
      return Bytes.of(certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate has no encoding", e);
    }
  }
}
