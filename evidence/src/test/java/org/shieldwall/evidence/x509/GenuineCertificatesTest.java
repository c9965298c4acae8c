package org.shieldwall.evidence.x509;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.shieldwall.evidence.Vectors;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.MalformedException;

/** Endorsement certificates as TPM makers and clouds really issue them. */
class GenuineCertificatesTest {
  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

  static List<String> stores() {
    List<String> files = new ArrayList<>(Vectors.files("ek-certs/keylime-store", ".pem"));
    files.addAll(Vectors.files("ek-certs/gce", ""));
    files.addAll(Vectors.files("ek-certs/leafs", ".der"));
    return files;
  }

  private static List<UntrustedCertificate> all(String folder, String ending)
      throws MalformedException {
    List<UntrustedCertificate> found = new ArrayList<>();
    for (String file : Vectors.files(folder, ending)) {
      found.addAll(CertificateFile.parse(Vectors.bytes(file)));
    }
    return found;
  }

  private static UntrustedCertificate leaf(String path) throws MalformedException {
    return CertificateFile.parse(Vectors.bytes("ek-certs/" + path)).getFirst();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void everyCertificateLoadsWithAKeyThatCanBeUsed(String file) throws MalformedException {
    for (UntrustedCertificate each : CertificateFile.parse(Vectors.bytes(file))) {
      assertThat(each.key().key()).as(each.subject().toString()).isPresent();
      assertThat(each.notAfter()).isAfter(each.notBefore());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "keylime-nuvoton_ecdsa_sha256.der,none",
    "keylime-st_ecdsa_sha256.der,STM",
    "keylime-st_sha256_with_rsa.der,STM"
  })
  void makersQuirksDoNotKeepALeafFromItsRoot(String file, String maker) throws MalformedException {
    UntrustedCertificate leaf = leaf("leafs/" + file);
    assertThat(TpmIdentity.of(leaf).map(TpmIdentity::manufacturer).orElse("none")).isEqualTo(maker);
    assertThat(CertificateChain.check(leaf, all("ek-certs/keylime-store", ".pem"), List.of(), NOW))
        .isInstanceOf(CertificateChain.Trusted.class);
  }

  @Test
  void paddingOfTheNvIndexIsNotTheCertificates() throws MalformedException {
    assertThat(leaf("leafs/keylime-st_sha256_with_rsa.der").trailing()).isPositive();
  }

  @ParameterizedTest
  @CsvSource({
    "pca_tpm_ecc_enc_cert.pem,gcp_ek_ak_ca_root.crt,gcp_ek_ak_ca_intermediate_v3.crt",
    "pca_tpm_ecc_sign_cert.pem,gcp_ek_ak_ca_root.crt,gcp_ek_ak_ca_intermediate_v3.crt",
    "pca_tpm_rsa_enc_cert.pem,gcp_ek_ak_ca_root.crt,gcp_ek_ak_ca_intermediate_v3.crt",
    "pca_tpm_rsa_sign_cert.pem,gcp_ek_ak_ca_root.crt,gcp_ek_ak_ca_intermediate_v3.crt",
    "uca_tpm_ecc_enc_cert.pem,tpm_ek_root_1.cer,tpm_ek_intermediate_3.crt",
    "uca_tpm_ecc_sign_cert.pem,tpm_ek_root_1.cer,tpm_ek_intermediate_3.crt",
    "uca_tpm_rsa_enc_cert.pem,tpm_ek_root_1.cer,tpm_ek_intermediate_3.crt",
    "uca_tpm_rsa_sign_cert.pem,tpm_ek_root_1.cer,tpm_ek_intermediate_3.crt"
  })
  void cloudCertificatesChainThroughTheirIntermediate(String file, String root, String intermediate)
      throws MalformedException {
    UntrustedCertificate leaf = leaf("gce/" + file);
    CertificateChain.Result whole =
        CertificateChain.check(
            leaf, List.of(leaf("gce/" + root)), List.of(leaf("gce/" + intermediate)), NOW);
    assertThat(whole).isInstanceOf(CertificateChain.Trusted.class);
    assertThat(((CertificateChain.Trusted) whole).path()).hasSize(3);
    assertThat(CertificateChain.check(leaf, List.of(leaf("gce/" + root)), List.of(), NOW))
        .isInstanceOf(CertificateChain.Untrusted.class);
    assertThat(CertificateChain.check(leaf, List.of(), List.of(), NOW))
        .isInstanceOf(CertificateChain.NotChecked.class);
  }

  @Test
  void aLeafIsNotItsOwnIssuer() throws MalformedException {
    UntrustedCertificate leaf = leaf("leafs/keylime-st_ecdsa_sha256.der");
    assertThat(CertificateChain.check(leaf, List.of(leaf), List.of(), NOW))
        .isInstanceOf(CertificateChain.Untrusted.class);
  }

  @Test
  void aLeafWithOneSignedByteChangedIsUntrusted() throws MalformedException {
    byte[] der = leaf("leafs/keylime-st_ecdsa_sha256.der").encoded().toArray();
    List<UntrustedCertificate> store = all("ek-certs/keylime-store", ".pem");
    int refused = 0;
    for (int i = 0; i < der.length; i++) {
      byte[] altered = der.clone();
      altered[i] ^= 1;
      try {
        CertificateChain.Result result =
            CertificateChain.check(
                CertificateFile.parse(altered).getFirst(), store, List.of(), NOW);
        assertThat(result).as("byte %d", i).isInstanceOf(CertificateChain.Untrusted.class);
      } catch (MalformedException e) {
        assertThat(e.offset()).isBetween(0L, (long) der.length);
      }
      refused++;
    }
    assertThat(refused).isEqualTo(der.length);
  }

  @Test
  void outOfTimeIsSaidAndNotTakenForUntrusted() throws MalformedException {
    UntrustedCertificate leaf = leaf("leafs/keylime-st_ecdsa_sha256.der");
    CertificateChain.Result result =
        CertificateChain.check(
            leaf,
            all("ek-certs/keylime-store", ".pem"),
            List.of(),
            Instant.parse("2099-01-01T00:00:00Z"));
    assertThat(((CertificateChain.Trusted) result).outOfTime()).isNotEmpty();
  }

  @Test
  void aCertificateReadFromNvMayCarryTheTcgHeader() throws MalformedException {
    byte[] der = leaf("leafs/keylime-nuvoton_ecdsa_sha256.der").encoded().toArray();
    byte[] stored =
        new ByteWriter()
            .u16(0x1001)
            .u8(0)
            .u16(der.length + 2)
            .u16(0x1002)
            .bytes(der)
            .bytes(new byte[] {-1, -1, -1})
            .toByteArray();
    assertThat(CertificateFile.parse(stored).getFirst().encoded().toArray()).isEqualTo(der);
  }

  @Test
  void everyTruncationIsMalformed() throws MalformedException {
    byte[] der = leaf("leafs/keylime-nuvoton_ecdsa_sha256.der").encoded().toArray();
    for (int length = 0; length < der.length; length++) {
      byte[] cut = Arrays.copyOf(der, length);
      assertThatThrownBy(() -> CertificateFile.parse(cut)).isInstanceOf(MalformedException.class);
    }
  }
}
