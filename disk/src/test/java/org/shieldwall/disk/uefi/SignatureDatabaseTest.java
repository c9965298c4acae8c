package org.shieldwall.disk.uefi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.disk.uefi.SignatureDatabase.SignatureList;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

class SignatureDatabaseTest {
  /** One list of one 4-byte signature: type, list size 48, header size 0, signature size 20. */
  private static final String ONE =
      "a159c0a5e494a74a87b5ab155c2bf072" + "30000000" + "00000000" + "14000000" + "11".repeat(16);

  private static final String SIGNATURE = "01020304";

  @Test
  void givenAVendorsDb_whenRead_thenItsCertificatesAreWhole() throws Exception {
    SecureBootPolicy policy =
        SecureBootPolicy.enrolledIn(UefiVariableStore.parse(Ovmf.withVendorKeys()));

    assertThat(policy.allowed().signatures()).hasSize(2);
    for (Signature signature : policy.allowed().signatures()) {
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(signature.data().toArray()));
      assertThat(certificate.getSubjectX500Principal().getName()).contains("Microsoft");
    }
    assertThat(policy.forbidden().lists().getFirst().type()).isEqualTo(EfiGuid.CERT_SHA256);
  }

  @Test
  void givenADatabase_whenEncoded_thenItIsAsTheSpecificationSaysAndReadsBack() throws Exception {
    Bytes bytes = Bytes.ofHex(ONE + SIGNATURE);

    SignatureDatabase database = SignatureDatabase.parse(bytes);

    assertThat(database.lists()).hasSize(1);
    assertThat(database.lists().getFirst().type()).isEqualTo(EfiGuid.CERT_X509);
    assertThat(database.signatures().getFirst().data()).isEqualTo(Bytes.ofHex(SIGNATURE));
    assertThat(database.encoded()).isEqualTo(bytes);
    assertThat(SignatureDatabase.parse(Bytes.EMPTY)).isEqualTo(SignatureDatabase.empty());
  }

  @ParameterizedTest(name = "{0} -> {1}: {2}")
  @CsvSource({
    "30000000, 31000000, whole signatures",
    "30000000, 1c000000, whole signatures",
    "30000000, 00000000, whole signatures",
    "30000000, 44000000, bytes of Signatures",
    "30000000, ffffffff, whole signatures",
    "0000000014, 0100000014, SignatureHeaderSize 0",
    "14000000, 10000000, SignatureSize above 16",
    "14000000, 00000000, SignatureSize above 16",
    "14000000, 13000000, whole signatures",
    "14000000, ffffffff, whole signatures",
  })
  void givenAnAlteredSize_whenRead_thenItIsRefusedByName(
      String original, String altered, String expected) {
    Bytes bytes = Bytes.ofHex((ONE + SIGNATURE).replaceFirst(original, altered));

    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> SignatureDatabase.parse(bytes))
        .satisfies(refusal -> assertThat(refusal.expected()).contains(expected));
  }

  @Test
  void givenADigestListOfAnotherSize_whenRead_thenItIsRefused() {
    String digests = "2616c4c14c509240aca941f936934328";
    Bytes bytes = Bytes.ofHex(digests + (ONE + SIGNATURE).substring(32));

    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> SignatureDatabase.parse(bytes))
        .withMessageContaining("a SHA-256 digest");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> SecureBootPolicy.of(List.of(Bytes.ofHex("01")), List.of(Bytes.ofHex("02"))));
  }

  @Test
  void givenBytesAfterTheLastList_whenRead_thenTheyAreRefused() {
    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> SignatureDatabase.parse(Bytes.ofHex(ONE + SIGNATURE + "00")));
    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> SignatureDatabase.parse(Bytes.zeros((1 << 20) + 1)))
        .withMessageContaining("at most");
  }

  @Test
  void givenSignaturesOfSeveralSizes_whenPutIntoOneList_thenItIsRefused() {
    Signature small = new Signature(SecureBootPolicy.OWNER, Bytes.ofHex("01"));
    Signature large = new Signature(SecureBootPolicy.OWNER, Bytes.ofHex("0102"));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SignatureList(EfiGuid.CERT_X509, List.of(small, large)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SignatureList(EfiGuid.CERT_X509, List.of()));
  }
}
