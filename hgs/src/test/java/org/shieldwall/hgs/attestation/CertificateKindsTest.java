package org.shieldwall.hgs.attestation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.shieldwall.hgs.TestCertificates;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AkCertificate;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.tpm.Bytes;

/** Two kinds of certificates by one signer: neither is ever the other, nor anything in between. */
class CertificateKindsTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
  private static final Bytes NAME = Bytes.ofHex("000b" + "ab".repeat(32));
  private static final AkCertificate.Binding BINDING =
      new AkCertificate.Binding("host-a", "cd".repeat(32), NAME);
  private static final PrivateKeySet ENCLAVE = PrivateKeySet.generate(RANDOM);
  private static final HealthClaims CLAIMS =
      new HealthClaims(
          "tpm",
          "tpm",
          "host-a",
          "cd".repeat(32),
          "",
          ENCLAVE.publicKeys(),
          "default",
          1,
          List.of("accepted"),
          3,
          1);

  private final KeyPair key = TestCertificates.newSignerKey(RANDOM);
  private final X509Certificate signer = TestCertificates.forSigner(key, RANDOM);
  private final CertificateIssuer issuer =
      new CertificateIssuer(key.getPrivate(), signer, Duration.ofHours(8), RANDOM);

  private X509v3CertificateBuilder builder() {
    return new X509v3CertificateBuilder(
        X500Name.getInstance(signer.getSubjectX500Principal().getEncoded()),
        BigInteger.TEN,
        Date.from(NOW.minusSeconds(300)),
        Date.from(NOW.plusSeconds(3600)),
        new X500Name("CN=host-a"),
        SubjectPublicKeyInfo.getInstance(ENCLAVE.publicKeys().signing().getEncoded()));
  }

  private static void health(X509v3CertificateBuilder builder) throws Exception {
    builder.addExtension(
        new ASN1ObjectIdentifier(HealthCertificate.CLAIMS_OID),
        false,
        new DEROctetString(Json.bytes(CLAIMS.toJson())));
  }

  private static void binding(X509v3CertificateBuilder builder) throws Exception {
    builder.addExtension(
        new ASN1ObjectIdentifier(AkCertificate.BINDING_OID),
        false,
        new DEROctetString(BINDING.toBytes()));
  }

  private static void purposes(X509v3CertificateBuilder builder, String... purposes)
      throws Exception {
    KeyPurposeId[] ids = new KeyPurposeId[purposes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = KeyPurposeId.getInstance(new ASN1ObjectIdentifier(purposes[i]));
    }
    builder.addExtension(Extension.extendedKeyUsage, true, new ExtendedKeyUsage(ids));
  }

  private Bytes signed(X509v3CertificateBuilder builder) throws Exception {
    return Bytes.of(
        builder
            .build(new JcaContentSignerBuilder("SHA384withECDSA").build(key.getPrivate()))
            .getEncoded());
  }

  @Test
  void givenOneOfEach_whenReadAsTheOther_thenBothAreRefused() throws Exception {
    Bytes ofKey = issuer.issue(BINDING, ENCLAVE.publicKeys().signing(), Duration.ofDays(30), NOW);
    Bytes ofHealth = issuer.issue(CLAIMS, NOW, Instant.MAX).der();
    assertThat(AkCertificate.parse(ofKey).refusal(List.of(signer), BINDING.ek(), NAME, NOW))
        .isEmpty();
    assertThat(HealthCertificate.parse(ofHealth).refusal(List.of(signer), NOW)).isEmpty();
    assertThatThrownBy(() -> AkCertificate.parse(ofHealth))
        .isInstanceOf(ProtectorException.class)
        .hasMessageContaining("extension");
    assertThatThrownBy(() -> HealthCertificate.parse(ofKey))
        .isInstanceOf(ProtectorException.class)
        .hasMessageContaining("attestation key");
  }

  @Test
  void givenBothInOne_whenRead_thenItIsNeither() throws Exception {
    X509v3CertificateBuilder both = builder();
    health(both);
    binding(both);
    purposes(both, AkCertificate.PURPOSE_OID);
    Bytes der = signed(both);
    assertThatThrownBy(() -> AkCertificate.parse(der)).isInstanceOf(ProtectorException.class);
    assertThatThrownBy(() -> HealthCertificate.parse(der)).isInstanceOf(ProtectorException.class);
  }

  @Test
  void givenNoPurposeOrOthers_whenReadAsTheKeys_thenItIsRefused() throws Exception {
    X509v3CertificateBuilder none = builder();
    binding(none);
    Bytes withoutPurpose = signed(none);
    X509v3CertificateBuilder more = builder();
    binding(more);
    purposes(more, AkCertificate.PURPOSE_OID, "1.3.6.1.5.5.7.3.2");
    Bytes withMore = signed(more);
    for (Bytes wrong : List.of(withoutPurpose, withMore)) {
      assertThatThrownBy(() -> AkCertificate.parse(wrong))
          .isInstanceOf(ProtectorException.class)
          .hasMessageContaining("purpose");
    }
  }

  @Test
  void givenItsTimeAndSigner_whenJudged_thenTheBoundariesHold() throws Exception {
    AkCertificate certificate =
        AkCertificate.parse(
            issuer.issue(BINDING, ENCLAVE.publicKeys().signing(), Duration.ofDays(30), NOW));
    Instant end = NOW.plus(Duration.ofDays(30));
    assertThat(certificate.issued()).isEqualTo(NOW);
    assertThat(certificate.refusal(List.of(signer), BINDING.ek(), NAME, end.minusSeconds(1)))
        .isEmpty();
    assertThat(certificate.refusal(List.of(signer), BINDING.ek(), NAME, end))
        .contains(AkCertificate.Refusal.OUT_OF_TIME);
    assertThat(certificate.refusal(List.of(signer), BINDING.ek(), NAME, NOW.minusSeconds(301)))
        .contains(AkCertificate.Refusal.OUT_OF_TIME);
    X509Certificate sameName =
        TestCertificates.forSigner(TestCertificates.newSignerKey(RANDOM), RANDOM);
    assertThat(certificate.refusal(List.of(sameName), BINDING.ek(), NAME, NOW))
        .contains(AkCertificate.Refusal.FOREIGN);
    assertThat(certificate.refusal(List.of(signer), "00", NAME, NOW))
        .contains(AkCertificate.Refusal.OTHER_HOST);
    assertThat(certificate.refusal(List.of(signer), BINDING.ek(), Bytes.zeros(34), NOW))
        .contains(AkCertificate.Refusal.OTHER_KEY);
  }
}
