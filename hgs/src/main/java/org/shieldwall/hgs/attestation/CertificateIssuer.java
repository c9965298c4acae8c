package org.shieldwall.hgs.attestation;

import java.io.IOException;
import java.math.BigInteger;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
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
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
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

  private final PrivateKey key;
  private final X509Certificate signer;
  private final X500Name issuer;
  private final Duration validity;
  private final SecureRandom random;

  CertificateIssuer(
      PrivateKey key, X509Certificate signer, Duration validity, SecureRandom random) {
    this.key = key;
    this.signer = signer;
    this.issuer = X500Name.getInstance(signer.getSubjectX500Principal().getEncoded());
    this.validity = validity;
    this.random = random;
  }

  /**
   * {@return a certificate that says {@code claims}, DER}
   *
   * @param until what it says is not to be relied on from then on
   */
  Bytes issue(HealthClaims claims, Instant now, Instant until) {
    Instant seconds = now.truncatedTo(ChronoUnit.SECONDS);
    Instant usual = now.plus(validity);
    Instant end = usual.isBefore(until) ? usual : until;
    try {
      return sign(
          builder(seconds, end, claims.host(), claims.enclave().signing())
              .addExtension(CLAIMS, false, new DEROctetString(Json.bytes(claims.toJson()))));
    } catch (IOException e) {
      throw new IllegalStateException("a health certificate cannot be built", e);
    }
  }

  /** {@return a certificate that binds an attestation key to an endorsement key, DER} */
  Bytes issue(AkCertificate.Binding binding, PublicKey ak, Duration lifetime, Instant now) {
    Instant seconds = now.truncatedTo(ChronoUnit.SECONDS);
    try {
      return sign(
          builder(seconds, now.plus(lifetime), "Attestation key of " + binding.host(), ak)
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
            Date.from(expiry(end)),
            subject,
            SubjectPublicKeyInfo.getInstance(subjectKey.getEncoded()))
        .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
        .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
  }

  private Bytes sign(X509v3CertificateBuilder builder) throws IOException {
    try {
      return Bytes.of(
          builder.build(new JcaContentSignerBuilder("SHA384withECDSA").build(key)).getEncoded());
    } catch (OperatorCreationException e) {
      throw new IllegalStateException("a certificate cannot be signed", e);
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
    try {
      return Bytes.of(signer.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate has no encoding", e);
    }
  }
}
