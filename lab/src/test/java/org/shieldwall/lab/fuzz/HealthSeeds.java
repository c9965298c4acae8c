package org.shieldwall.lab.fuzz;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Date;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protocol.AkCertificate;
import org.shieldwall.protocol.HealthCertificate;
import tools.jackson.databind.json.JsonMapper;

/** A health certificate and its claims. */
final class HealthSeeds {
  static final PrivateKeySet ENCLAVE = PrivateKeySet.generate(new SecureRandom());

  /** The public half of {@link #ENCLAVE}, as documents carry it. */
  static final String KEYS = JsonMapper.shared().writeValueAsString(ENCLAVE.publicKeys().toJson());

  static final String CLAIMS =
      """
      {"format":"shieldwall-health-1","mode":"tpm","assurance":"tpm","host":"rack1","identity":"ab",
      "group":null,"enclave":<KEYS>,"policy":{"name":"default","version":1},"baselines":["b"],
      "resetCount":3,"restartCount":0,"checks":["quote"],
      "exceptions":[{"check":"iommu","until":"2026-01-01T00:00:00Z"}]}\
      """
          .replace("<KEYS>", KEYS);

  private HealthSeeds() {}

  /** {@return a certificate with these claims, DER} */
  static byte[] certificate() {
    return certificate(HealthCertificate.CLAIMS_OID, CLAIMS, Optional.empty());
  }

  /** {@return a certificate of an attestation key, DER} */
  static byte[] akCertificate() {
    return certificate(
        AkCertificate.BINDING_OID,
        "{\"format\":\"shieldwall-ak-1\",\"host\":\"rack1\",\"ek\":\"ab\",\"akName\":\"000b\"}",
        Optional.of(AkCertificate.PURPOSE_OID));
  }

  private static byte[] certificate(String extension, String content, Optional<String> purpose) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(384);
      KeyPair signer = generator.generateKeyPair();
      Instant now = Instant.parse("2026-01-01T00:00:00Z");
      X509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              new X500Name("CN=signer"),
              BigInteger.TEN,
              Date.from(now),
              Date.from(now.plusSeconds(3600)),
              new X500Name("CN=rack1"),
              ENCLAVE.publicKeys().signing());
      builder.addExtension(
          new ASN1ObjectIdentifier(extension), false, new DEROctetString(Seeds.utf8(content)));
      if (purpose.isPresent()) {
        builder.addExtension(
            Extension.extendedKeyUsage,
            true,
            new ExtendedKeyUsage(
                KeyPurposeId.getInstance(new ASN1ObjectIdentifier(purpose.get()))));
      }
      return builder
          .build(new JcaContentSignerBuilder("SHA384withECDSA").build(signer.getPrivate()))
          .getEncoded();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
