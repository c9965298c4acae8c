package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.shieldwall.evidence.x509.CertificateFile;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.tpm.MalformedException;

/** Whether a TPM's certificate is one of a maker that is trusted. */
class EndorsementTrustTest {
  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  private static final Instant LATER = Instant.parse("2099-01-01T00:00:00Z");

  private static List<UntrustedCertificate> makers() throws MalformedException {
    List<UntrustedCertificate> found = new ArrayList<>();
    for (String file : Vectors.files("ek-certs/keylime-store", ".pem")) {
      found.addAll(CertificateFile.parse(Vectors.bytes(file)));
    }
    return found;
  }

  private static UntrustedCertificate leaf() throws MalformedException {
    return CertificateFile.parse(Vectors.bytes("ek-certs/leafs/keylime-st_ecdsa_sha256.der"))
        .getFirst();
  }

  private static List<FindingCode> codes(List<Finding> findings) {
    return findings.stream().map(Finding::code).toList();
  }

  @Test
  void givenATrustedMakerThenNothingIsFound() throws MalformedException {
    assertThat(new EndorsementTrust(makers(), List.of(), true).check(leaf(), NOW)).isEmpty();
  }

  @Test
  void givenNoTrustedMakerThenAbsentIsNotPassed() throws MalformedException {
    assertThat(codes(new EndorsementTrust(List.of(), List.of(), false).check(leaf(), NOW)))
        .containsExactly(FindingCode.EK_CERTIFICATE_UNTRUSTED);
  }

  @Test
  void givenACertificateOutOfTimeThenOnlyThePolicyThatMindsRefusesIt() throws MalformedException {
    assertThat(new EndorsementTrust(makers(), List.of(), false).check(leaf(), LATER)).isEmpty();
    assertThat(codes(new EndorsementTrust(makers(), List.of(), true).check(leaf(), LATER)))
        .containsExactly(FindingCode.EK_CERTIFICATE_EXPIRED);
  }
}
