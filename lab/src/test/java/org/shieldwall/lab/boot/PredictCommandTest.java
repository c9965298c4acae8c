package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Main;
import org.shieldwall.disk.uefi.EfiVariable;
import org.shieldwall.disk.uefi.SecureBootPolicy;
import org.shieldwall.disk.uefi.UefiVariableStore;
import org.shieldwall.protocol.Capture;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code evidence predict} of an image that really boots, and what its boot measured. */
@Tag("boot")
class PredictCommandTest {
  private static final Path EMPTY_STORE = Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd");

  @TempDir Path folder;

  private record Said(int exitCode, String out, String err) {
    JsonNode json() {
      return JsonMapper.shared().readTree(out);
    }
  }

  private static Said predict(Object... words) {
    List<String> arguments = new ArrayList<>(List.of("evidence", "predict"));
    for (Object word : words) {
      arguments.add(word.toString());
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Said(exitCode, out.toString(), err.toString());
  }

  private Path enrolled(Path parts) throws Exception {
    try (InputStream in = Files.newInputStream(parts.resolve("secureboot.crt"))) {
      X509Certificate certificate =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
      UefiVariableStore store =
          SecureBootPolicy.onlySignedBy(certificate)
              .enrolInto(
                  UefiVariableStore.parse(Files.readAllBytes(EMPTY_STORE)),
                  LocalDateTime.of(2026, 1, 1, 0, 0));
      for (EfiVariable each : store.variables()) {
        Files.write(folder.resolve(each.name() + ".esl"), each.data().toArray());
      }
      return Files.write(folder.resolve("vars.fd"), store.toBytes());
    }
  }

  private Path capture(String name, BootedHost host) throws Exception {
    Bytes anything = Bytes.ofText("not looked at");
    Capture capture =
        new Capture(
            Instant.EPOCH,
            new HostIdentity("host", anything, Optional.empty(), "swtpm"),
            anything,
            Capture.noEnclave(),
            Optional.empty(),
            anything,
            anything,
            new TreeMap<>(),
            host.eventLog(),
            Optional.empty(),
            new Capture.Kernel("", ""));
    return Files.write(folder.resolve(name + ".capture.json"), capture.toBytes());
  }

  @Test
  void givenTheSecureBootVariablesInAnyFormThenTheBootMeasuresWhatWasPredicted() throws Exception {
    BootedHost booted = RealBoots.of(HostVariant.STANDARD);
    Path image = RealBoots.parts().resolve("standard.efi");
    Path store = enrolled(RealBoots.parts());
    for (Path vars : List.of(store, folder, capture("standard", booted))) {
      Said said = predict(image, "--vars", vars, "--json");
      assertThat(said.exitCode()).as(vars + said.out() + said.err()).isZero();
      JsonNode pcrs = said.json().at("/pcrs/sha256");
      for (int pcr : List.of(4, 7, 9, 11, 12)) {
        assertThat(pcrs.path(String.valueOf(pcr)).asString())
            .as("PCR %d by %s", pcr, vars)
            .isEqualTo(booted.pcrs().value(TpmHash.SHA256, pcr).orElseThrow().hex());
      }
      assertThat(said.json().path("commandLine").asString())
          .isEqualTo(booted.commandLine().strip());
    }
    Path baseline = folder.resolve("next.json");
    Said said = predict(image, "--vars", store, "--out", baseline, "--name", "next");
    assertThat(said.exitCode()).as(said.err()).isZero();
    assertThat(said.out()).contains("Baseline \"next\" holds a host to", "hgs baseline add");
    assertThat(Files.readString(baseline)).contains("shieldwall-boot-baseline-1");
    Said again = predict(image, "--vars", store, "--out", baseline);
    assertThat(again.exitCode()).isEqualTo(Failure.ENVIRONMENT);
  }

  @Test
  void givenVariablesThatWouldNotStartTheImageThenItIsSaidAndNothingPredicted() throws Exception {
    Path image = RealBoots.parts().resolve("standard.efi");
    Said none = predict(image, "--vars", EMPTY_STORE);
    assertThat(none.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(none.err()).contains("no Secure Boot keys are enrolled");
    Said snakeoil = predict(image, "--vars", "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd");
    assertThat(snakeoil.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(snakeoil.err()).contains("no certificate in db", "--authority");
    Said off = predict(image, "--vars", capture("off", RealBoots.of(HostVariant.SECURE_BOOT_OFF)));
    assertThat(off.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(off.err()).contains("Secure Boot was off");
    Said folderOfNothing = predict(image, "--vars", Files.createDirectory(folder.resolve("no")));
    assertThat(folderOfNothing.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(folderOfNothing.err()).contains("holds no PK");
    Said noImage = predict(EMPTY_STORE, "--vars", enrolled(RealBoots.parts()));
    assertThat(noImage.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(noImage.err()).contains("at offset", "expected");
  }
}
