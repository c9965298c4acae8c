package org.shieldwall.disk.uefi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

class Pcr7PredictionTest {
  private static final Bytes CERTIFICATE = Bytes.ofText("a certificate");
  private static final SecureBootPolicy POLICY =
      SecureBootPolicy.of(List.of(CERTIFICATE), List.of());

  /**
   * The log of a real boot, with what the booted kernel then read from the TPM (see its README).
   */
  private static final Path GENUINE =
      Path.of(System.getProperty("shieldwall.root"))
          .resolve("cli/src/main/resources/org/shieldwall/cli/demo/host-boot-log.bin");

  private static final String GENUINE_PCR_7 =
      "6804aa1c849c48a9fd98cd011c2a686a459219b93d4d2792d736dd0c594cee45";

  @Test
  void givenAGenuineBoot_whenPredictedFromItsCertificate_thenEveryEventAndThePcrAgree()
      throws Exception {
    List<EventLogOfPcr7.Event> log = EventLogOfPcr7.read(Files.readAllBytes(GENUINE));
    Bytes authority = log.getLast().data();
    // UEFI_VARIABLE_DATA named "db": 16 + 8 + 8 + 4 bytes, then the owner's GUID, then the
    // certificate.
    Bytes certificate = authority.slice(36 + 16, authority.length());

    Pcr7Prediction prediction =
        Pcr7Prediction.of(SecureBootPolicy.of(List.of(certificate), List.of()));

    for (TpmHash hash : List.of(TpmHash.SHA1, TpmHash.SHA256)) {
      assertThat(prediction.events())
          .extracting(event -> event.digest(hash))
          .isEqualTo(log.stream().map(event -> event.digests().get(hash)).toList());
    }
    assertThat(prediction.value(TpmHash.SHA256)).isEqualTo(Bytes.ofHex(GENUINE_PCR_7));
  }

  @Test
  void givenAPolicy_whenPredicted_thenTheEventsAreNamedInTheirOrder() {
    Pcr7Prediction prediction = Pcr7Prediction.of(POLICY);

    assertThat(prediction.events())
        .extracting(Pcr7Prediction.Event::name)
        .containsExactly(
            "variable SecureBoot",
            "variable PK",
            "variable KEK",
            "variable db",
            "variable dbx",
            "separator",
            "authority db");
    assertThat(prediction.value(TpmHash.SHA1).length()).isEqualTo(20);
    assertThat(prediction.events().getFirst().data().hex())
        .isEqualTo(
            "61dfe48bca93d211aa0d00e098032b8c"
                + "0a00000000000000"
                + "0100000000000000"
                + "53006500630075007200650042006f006f007400"
                + "01");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PK", "KEK", "db", "dbx"})
  void givenOneDatabaseAltered_whenPredicted_thenThePcrIsAnother(String name) {
    Signature authority = POLICY.allowed().signatures().getFirst();
    SignatureDatabase other =
        SecureBootPolicy.of(List.of(Bytes.ofText("another")), List.of()).allowed();
    List<SignatureDatabase.SignatureList> both = new ArrayList<>(POLICY.allowed().lists());
    both.addAll(other.lists());
    SecureBootPolicy altered =
        new SecureBootPolicy(
            name.equals("PK") ? other : POLICY.platformKey(),
            name.equals("KEK") ? other : POLICY.keyExchangeKeys(),
            name.equals("db") ? new SignatureDatabase(both) : POLICY.allowed(),
            name.equals("dbx") ? SignatureDatabase.empty() : POLICY.forbidden());

    assertThat(Pcr7Prediction.of(altered, authority).value(TpmHash.SHA256))
        .isNotEqualTo(Pcr7Prediction.of(POLICY).value(TpmHash.SHA256));
  }

  @Test
  void givenSeveralCertificates_whenTheAuthorityIsAnother_thenThePcrIsAnother() {
    SecureBootPolicy two =
        SecureBootPolicy.of(List.of(CERTIFICATE, Bytes.ofText("a longer certificate")), List.of());
    List<Signature> allowed = two.allowed().signatures();

    assertThat(Pcr7Prediction.of(two, allowed.getFirst()).value(TpmHash.SHA256))
        .isNotEqualTo(Pcr7Prediction.of(two, allowed.getLast()).value(TpmHash.SHA256));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Pcr7Prediction.of(two))
        .withMessageContaining("2 entries");
  }

  @Test
  void givenAnAuthorityThatIsNotInDb_whenPredicted_thenItIsRefused() {
    Signature stranger = new Signature(SecureBootPolicy.OWNER, Bytes.ofText("a stranger"));

    assertThatIllegalArgumentException().isThrownBy(() -> Pcr7Prediction.of(POLICY, stranger));
  }
}
