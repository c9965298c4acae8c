package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.shieldwall.evidence.x509.CertificateFile;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.tpm.MalformedException;

/** Whether a TPM's certificate is one of a maker that is trusted. */
class EndorsementTrustTest {
  static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  static final Instant LATER = Instant.parse("2099-01-01T00:00:00Z");

  static List<UntrustedCertificate> makers() throws MalformedException {
    List<UntrustedCertificate> found = new ArrayList<>();
    for (String file : Vectors.files("ek-certs/keylime-store", ".pem")) {
      found.addAll(CertificateFile.parse(Vectors.bytes(file)));
    }
    return found;
  }

  static UntrustedCertificate leaf() throws MalformedException {
    return CertificateFile.parse(Vectors.bytes("ek-certs/leafs/keylime-st_ecdsa_sha256.der"))
        .getFirst();
  }

  static List<FindingCode> codes(List<Finding> findings) {
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

  static UntrustedCertificate cloud(String file) throws MalformedException {
    return CertificateFile.parse(Vectors.bytes("ek-certs/gce/" + file)).getFirst();
  }

  static EndorsementTrust trusting(UntrustedCertificate anchor) {
    return new EndorsementTrust(List.of(anchor), List.of(), false);
  }

  @Test
  void givenNoIntermediateThenItsNameAndWhereItIsToBeHadAreSaid() throws MalformedException {
    List<Finding> findings =
        trusting(cloud("gcp_ek_ak_ca_root.crt")).check(cloud("pca_tpm_rsa_enc_cert.pem"), NOW);
    assertThat(codes(findings)).containsExactly(FindingCode.EK_CERTIFICATE_ISSUER_MISSING);
    assertThat(findings.getFirst().detail())
        .contains(
            "EK/AK CA Intermediate", "http://privateca-content-", "/ca.crt", "nobody fetched");
    assertThat(findings.getFirst().expected()).contains("CN=EK/AK CA Intermediate");
  }

  @Test
  void givenTheIntermediateAndNoRootThenTheRootIsWhatIsMissing() throws MalformedException {
    UntrustedCertificate other = cloud("tpm_ek_root_1.cer");
    UntrustedCertificate between = cloud("gcp_ek_ak_ca_intermediate_v3.crt");
    EndorsementTrust trust = new EndorsementTrust(List.of(other), List.of(between), false);
    List<Finding> findings = trust.check(cloud("pca_tpm_rsa_enc_cert.pem"), NOW);
    assertThat(codes(findings)).containsExactly(FindingCode.EK_CERTIFICATE_ISSUER_MISSING);
    assertThat(findings.getFirst().expected()).contains("CN=EK/AK CA Root");
    assertThat(findings.getFirst().detail()).contains("032bf9d39db4fa06aade/ca.crt");
  }

  @Test
  void givenARootThatIsAtHandAndNotTrustedThenThatIsSaid() throws MalformedException {
    EndorsementTrust trust =
        new EndorsementTrust(
            List.of(cloud("tpm_ek_root_1.cer")),
            List.of(cloud("gcp_ek_ak_ca_intermediate_v3.crt"), cloud("gcp_ek_ak_ca_root.crt")),
            false);
    List<Finding> findings = trust.check(cloud("pca_tpm_rsa_enc_cert.pem"), NOW);
    assertThat(codes(findings)).containsExactly(FindingCode.EK_CERTIFICATE_ISSUER_MISSING);
    assertThat(findings.getFirst().detail()).contains("EK/AK CA Root", "which is not trusted");
  }

  @Test
  void givenACertificateOfAnotherKeyOfTheTpmThenItIsNotTheEndorsementKeys()
      throws MalformedException {
    for (String pair :
        List.of(
            "pca_tpm_%s_cert.pem gcp_ek_ak_ca_root.crt", "uca_tpm_%s_cert.pem tpm_ek_root_1.cer")) {
      List<String> files = List.of(pair.split(" ", 2));
      EndorsementTrust trust =
          new EndorsementTrust(
              List.of(cloud(files.getLast())),
              List.of(
                  cloud("gcp_ek_ak_ca_intermediate_v3.crt"), cloud("tpm_ek_intermediate_3.crt")),
              false);
      for (String algorithm : List.of("rsa", "ecc")) {
        String file = files.getFirst().formatted(algorithm + "_%s");
        assertThat(trust.check(cloud(file.formatted("enc")), NOW)).isEmpty();
        List<Finding> findings = trust.check(cloud(file.formatted("sign")), NOW);
        assertThat(codes(findings)).containsExactly(FindingCode.EK_CERTIFICATE_UNTRUSTED);
        assertThat(findings.getFirst().detail()).contains("a key that signs");
      }
    }
  }

  @Test
  void givenNoCertificateThenAbsentIsNotPassed() throws MalformedException {
    EndorsementTrust.Appraisal appraisal =
        new EndorsementTrust(makers(), List.of(), false).appraise(Optional.empty(), NOW);
    assertThat(appraisal.isTrusted()).isFalse();
    assertThat(codes(appraisal.findings())).containsExactly(FindingCode.EK_CERTIFICATE_MISSING);
  }

  @Test
  void givenATrustedMakerThenThePathAndWhoIsOutOfTimeAreSaid() throws MalformedException {
    EndorsementTrust.Appraisal appraisal =
        new EndorsementTrust(makers(), List.of(), false).appraise(Optional.of(leaf()), LATER);
    assertThat(appraisal.isTrusted()).isTrue();
    assertThat(appraisal.path()).hasSize(2);
    assertThat(appraisal.outOfTime()).contains("the certificate");
  }
}
