package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.disk.uefi.Pcr7Prediction;
import org.shieldwall.disk.uefi.SecureBootPolicy;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.FactName;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.evidence.predict.PredictedBoot;
import org.shieldwall.evidence.predict.UnifiedKernel;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** What was predicted of an image, beside what its boot measured. */
@Tag("boot")
class PredictedBootTest {
  @BeforeAll
  static void bootAll() throws IOException {
    RealBoots.all(HostVariant.STANDARD, HostVariant.UPDATED, HostVariant.KERNEL_DEBUGGER);
  }

  private static PredictedBoot predicted(String image) throws Exception {
    Path parts = RealBoots.parts();
    UnifiedKernel kernel = UnifiedKernel.parse(Files.readAllBytes(parts.resolve(image + ".efi")));
    X509Certificate signer = signer(parts);
    assertThat(kernel.image().carries(Bytes.of(signer.getEncoded()))).isTrue();
    List<Bytes> secureBoot =
        Pcr7Prediction.of(SecureBootPolicy.onlySignedBy(signer)).events().stream()
            .map(Pcr7Prediction.Event::data)
            .toList();
    return PredictedBoot.of(kernel, secureBoot, TpmHash.SHA256);
  }

  private static X509Certificate signer(Path parts) throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(parts.resolve("secureboot.crt"))) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  private static BootFacts facts(HostVariant variant) throws Exception {
    return BootFacts.draw(
        UntrustedEventLog.parse(RealBoots.of(variant).eventLog().toArray(), LogLimits.DEFAULT),
        TpmHash.SHA256);
  }

  @ParameterizedTest
  @EnumSource(names = {"STANDARD", "UPDATED", "KERNEL_DEBUGGER"})
  void givenAnImageThenItsBootMeasuresWhatWasPredicted(HostVariant variant) throws Exception {
    PredictedBoot predicted = predicted(variant.image());
    predicted
        .pcrs()
        .banks()
        .get(TpmHash.SHA256)
        .forEach(
            (pcr, value) -> assertThat(value(variant, pcr)).as("PCR %d", pcr).isEqualTo(value));
    BootFacts facts = facts(variant);
    assertThat(predicted.baseline("next").diff(facts)).isEmpty();
    assertThat(predicted.baseline("next").diff(BootBaseline.capture("r", facts, CaptureLevel.BOOT)))
        .isEmpty();
    assertThat(predicted.facts().sections())
        .extracting(each -> each.claimedName() + each.digest())
        .isEqualTo(
            facts.sections().stream().map(each -> each.claimedName() + each.digest()).toList());
  }

  private static Bytes value(HostVariant variant, int pcr) {
    try {
      return RealBoots.of(variant).pcrs().value(TpmHash.SHA256, pcr).orElseThrow();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void givenThePredictionOfAnotherImageThenTheBootDiffersInTheImageAndWhatItLoads()
      throws Exception {
    assertThat(predicted("updated").baseline("next").diff(facts(HostVariant.STANDARD)))
        .extracting(each -> each.fact())
        .contains(FactName.BOOT_APPLICATIONS)
        .isSubsetOf(FactName.BOOT_APPLICATIONS, FactName.LOADED_FILES);
  }
}
