package org.shieldwall.hgs.attestation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.shieldwall.hgs.TestCertificates;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.HealthClaims.ExceptedCheck;
import org.shieldwall.tpm.Bytes;

/** Health certificates as they are issued, and as somebody else would like them to be. */
class HealthCertificateTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private final Instant now = Instant.now();
  private static final KeyPair KEY = TestCertificates.newSignerKey(RANDOM);
  private static final X509Certificate SIGNER = TestCertificates.forSigner(KEY, RANDOM);
  private static final HealthClaims CLAIMS =
      new HealthClaims(
          "tpm",
          "tpm",
          "host-a",
          "ab",
          "",
          PrivateKeySet.generate(RANDOM).publicKeys(),
          "default",
          1,
          List.of("accepted"),
          3,
          1,
          List.of("quote", "secure-boot"),
          List.of(new ExceptedCheck("iommu", Instant.ofEpochSecond(2_000_000_000))));

  private HealthCertificate issue(KeyPair key, X509Certificate signer) throws Exception {
    return HealthCertificate.parse(
        new CertificateIssuer(key.getPrivate(), signer, Duration.ofHours(8), RANDOM)
            .issue(CLAIMS, now, Instant.MAX)
            .der());
  }

  @Test
  void givenClaimsThatWillNotHoldForLong_whenIssued_thenTheCertificateEndsWithThem()
      throws Exception {
    Instant end = now.plus(Duration.ofMinutes(10));
    HealthCertificate certificate =
        HealthCertificate.parse(
            new CertificateIssuer(KEY.getPrivate(), SIGNER, Duration.ofHours(8), RANDOM)
                .issue(CLAIMS, now, end)
                .der());
    assertThat(certificate.refusal(List.of(SIGNER), end.minusSeconds(1))).isEmpty();
    assertThat(certificate.refusal(List.of(SIGNER), end)).isPresent();
  }

  @Test
  void givenAnIssuedCertificate_whenRead_thenItCountsInItsTimeAndNotOutsideIt() throws Exception {
    HealthCertificate certificate = issue(KEY, SIGNER);
    assertThat(certificate.claims()).isEqualTo(CLAIMS);
    assertThat(certificate.refusal(List.of(SIGNER), now)).isEmpty();
    assertThat(certificate.refusal(List.of(SIGNER), now.plus(Duration.ofHours(8)))).isPresent();
    assertThat(certificate.refusal(List.of(SIGNER), now.minus(Duration.ofHours(1)))).isPresent();
    assertThat(certificate.refusal(List.of(), now)).isPresent();
  }

  @Test
  void givenAnotherSignerOfTheSameName_whenJudged_thenItDoesNotCount() throws Exception {
    KeyPair other = TestCertificates.newSignerKey(RANDOM);
    X509Certificate sameName = TestCertificates.forSigner(other, RANDOM);
    assertThat(issue(other, sameName).refusal(List.of(SIGNER), now)).isPresent();
    assertThat(issue(other, SIGNER).refusal(List.of(SIGNER), now)).isPresent();
  }

  @Test
  void givenOtherCertificatesOrBytes_whenRead_thenTheyAreMalformed() throws Exception {
    Bytes genuine = issue(KEY, SIGNER).der();
    for (Bytes wrong :
        List.of(
            Bytes.of(SIGNER.getEncoded()),
            genuine.slice(0, genuine.length() - 1),
            Bytes.concat(genuine, Bytes.zeros(1)),
            Bytes.zeros(40_000),
            Bytes.ofText("junk"))) {
      assertThatThrownBy(() -> HealthCertificate.parse(wrong))
          .isInstanceOf(ProtectorException.class);
    }
  }

  @Test
  void givenEachByteFlipped_whenRead_thenNoneCounts() throws Exception {
    byte[] genuine = issue(KEY, SIGNER).der().toArray();
    for (int i = 0; i < genuine.length; i += 7) {
      byte[] altered = genuine.clone();
      altered[i] ^= 4;
      boolean counts;
      try {
        counts = HealthCertificate.parse(Bytes.of(altered)).refusal(List.of(SIGNER), now).isEmpty();
      } catch (ProtectorException refused) {
        counts = false;
      }
      assertThat(counts).as("byte %d", i).isFalse();
    }
  }
}
