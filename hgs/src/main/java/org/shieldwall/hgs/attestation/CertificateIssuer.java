package org.shieldwall.hgs.attestation;

import java.io.IOException;
import java.math.BigInteger;
import java.security.PrivateKey;
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
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.shieldwall.protector.Json;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.tpm.Bytes;

/** Issues health certificates (docs/protocol.md, section 2). */
final class CertificateIssuer {
  private static final ASN1ObjectIdentifier CLAIMS =
      new ASN1ObjectIdentifier(HealthCertificate.CLAIMS_OID);

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
    X500Name subject =
        new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, claims.host()).build();
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            issuer,
            new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS),
            Date.from(seconds.minus(HealthCertificate.BACKDATED)),
            Date.from(expiry(seconds, until)),
            subject,
            SubjectPublicKeyInfo.getInstance(claims.enclave().signing().getEncoded()));
    try {
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
          .addExtension(CLAIMS, false, new DEROctetString(Json.bytes(claims.toJson())));
      return Bytes.of(
          builder.build(new JcaContentSignerBuilder("SHA384withECDSA").build(key)).getEncoded());
    } catch (IOException | OperatorCreationException e) {
      throw new IllegalStateException("a health certificate cannot be built", e);
    }
  }

  /** A certificate never outlives the one that signs it, nor what it rests on. */
  private Instant expiry(Instant now, Instant until) {
    Instant usual = now.plus(validity);
    Instant wanted = usual.isBefore(until) ? usual : until;
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
