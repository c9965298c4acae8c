package org.shieldwall.hgs.attestation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.tpm.Bytes;

/** Certificates that a signer would never make: another subject, issuer or algorithm. */
class RelabelledCertificateTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
  private static final String SIGNER = "CN=Attestation signer hgs";

  private final KeyPair signerKey = newKey();
  private final X509Certificate signer = selfSigned(signerKey, SIGNER);
  private final KeySet enclave = PrivateKeySet.generate(RANDOM).publicKeys();

  RelabelledCertificateTest() throws Exception {}

  private static KeyPair newKey() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(384);
    return generator.generateKeyPair();
  }

  private static X509v3CertificateBuilder builder(String issuer, PublicKey subject) {
    return new X509v3CertificateBuilder(
        new X500Name(issuer),
        BigInteger.TEN,
        Date.from(NOW.minus(HealthCertificate.BACKDATED)),
        Date.from(NOW.plus(Duration.ofHours(8))),
        new X500Name(issuer),
        SubjectPublicKeyInfo.getInstance(subject.getEncoded()));
  }

  private static X509Certificate selfSigned(KeyPair key, String name) throws Exception {
    byte[] der = sign(builder(name, key.getPublic()), key, "SHA384withECDSA").toArray();
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
  }

  private static Bytes sign(X509v3CertificateBuilder builder, KeyPair key, String algorithm)
      throws Exception {
    return Bytes.of(
        builder.build(new JcaContentSignerBuilder(algorithm).build(key.getPrivate())).getEncoded());
  }

  private X509v3CertificateBuilder health(String issuer, PublicKey subject) throws Exception {
    HealthClaims claims =
        new HealthClaims(
            "tpm", "tpm", "host-a", "ab", "", enclave, "default", 1, List.of("baseline"), 7, 0);
    return builder(issuer, subject)
        .addExtension(
            new ASN1ObjectIdentifier(HealthCertificate.CLAIMS_OID),
            false,
            new DEROctetString(Json.bytes(claims.toJson())));
  }

  private boolean counts(Bytes der, Instant when) throws Exception {
    return HealthCertificate.parse(der).refusal(List.of(signer), when).isEmpty();
  }

  @Test
  void givenAGenuineOne_whenJudged_thenItCountsFromItsBeginningToItsEndAndNoLonger()
      throws Exception {
    Bytes good = sign(health(SIGNER, enclave.signing()), signerKey, "SHA384withECDSA");
    Instant end = NOW.plus(Duration.ofHours(8));
    assertThat(HealthCertificate.parse(good).issued()).isEqualTo(NOW);
    assertThat(counts(good, NOW)).isTrue();
    assertThat(counts(good, NOW.minus(HealthCertificate.BACKDATED))).isTrue();
    assertThat(counts(good, NOW.minus(HealthCertificate.BACKDATED).minusSeconds(1))).isFalse();
    assertThat(counts(good, end.minusSeconds(1))).isTrue();
    assertThat(counts(good, end)).isFalse();
  }

  @Test
  void givenAnotherSignerNameOrAlgorithm_whenJudged_thenItDoesNotCount() throws Exception {
    assertThat(counts(sign(health(SIGNER, enclave.signing()), newKey(), "SHA384withECDSA"), NOW))
        .isFalse();
    assertThat(
            counts(sign(health("CN=other", enclave.signing()), signerKey, "SHA384withECDSA"), NOW))
        .isFalse();
    assertThat(counts(sign(health(SIGNER, enclave.signing()), signerKey, "SHA256withECDSA"), NOW))
        .isFalse();
  }

  @Test
  void givenClaimsOfAnotherEnclaveThanTheSubject_whenRead_thenTheyAreRefused() throws Exception {
    Bytes other = sign(health(SIGNER, newKey().getPublic()), signerKey, "SHA384withECDSA");
    assertThatThrownBy(() -> HealthCertificate.parse(other))
        .isInstanceOf(ProtectorException.class)
        .hasMessageContaining("signing key");
  }

  @Test
  void givenNoClaimsOrMoreBytes_whenRead_thenTheyAreRefused() throws Exception {
    Bytes bare = sign(builder(SIGNER, enclave.signing()), signerKey, "SHA384withECDSA");
    assertThatThrownBy(() -> HealthCertificate.parse(bare)).hasMessageContaining("extension");
    Bytes good = sign(health(SIGNER, enclave.signing()), signerKey, "SHA384withECDSA");
    assertThatThrownBy(() -> HealthCertificate.parse(Bytes.concat(good, Bytes.zeros(1))))
        .isInstanceOf(ProtectorException.class);
  }
}
