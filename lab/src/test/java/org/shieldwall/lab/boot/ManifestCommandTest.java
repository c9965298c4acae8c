package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Main;
import org.shieldwall.evidence.Appraisal;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.Challenge;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.evidence.Verifier;
import org.shieldwall.hgs.policy.PolicyDocument;
import org.shieldwall.hgs.policy.PolicyFiles;
import org.shieldwall.hgs.policy.PolicyReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code evidence manifest}: signed for an image, put into a policy, and held to its real boot. */
@Tag("boot")
class ManifestCommandTest {
  private static final Bytes ENCLAVE = TpmHash.SHA256.hash(Bytes.ofText("the enclave's keys"));
  private static final Bytes NONCE = TpmHash.SHA256.hash(Bytes.ofText("nonce and enclave"));

  @TempDir Path folder;
  private Path image;
  private Path maker;

  private record Said(int exitCode, String out, String err) {
    JsonNode json() {
      return JsonMapper.shared().readTree(out);
    }
  }

  private static Said run(Object... words) {
    List<String> arguments = new ArrayList<>();
    for (Object word : words) {
      arguments.add(word.toString());
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    assertThat(out + err.toString()).doesNotContain("Exception", "\tat ");
    return new Said(exitCode, out.toString(), err.toString());
  }

  @BeforeEach
  void prepare() throws Exception {
    image = RealBoots.parts().resolve("standard.efi");
    Said made =
        run(
            "owner",
            "guardian",
            "new",
            "--name",
            "Maker",
            "--out",
            folder,
            "--key-file",
            folder.resolve("maker.key"));
    assertThat(made.exitCode()).as(made.err()).isZero();
    try (var files = Files.list(folder)) {
      maker =
          files
              .filter(each -> each.toString().endsWith("guardian-key.json"))
              .findFirst()
              .orElseThrow();
    }
  }

  private Said sign(Path uki, String out, Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "evidence",
                "manifest",
                "sign",
                uki,
                "--name",
                "appliance 7",
                "--signer",
                maker,
                "--key-file",
                folder.resolve("maker.key"),
                "--out",
                folder.resolve(out)));
    words.addAll(List.of(more));
    return run(words.toArray());
  }

  private static CheckResult judge(HostVariant variant, PolicyDocument document, Check check)
      throws Exception {
    AttestationPolicy policy =
        AttestationPolicy.standard("manifest", 1, List.of())
            .without(Set.of(Check.BOOT_BASELINE))
            .with(document.on())
            .with(document.settings())
            .without(Set.of(Check.BOOT_BASELINE));
    try (RunningHost running = RunningHost.of(RealBoots.of(variant))) {
      running.measureEnclave(ENCLAVE);
      Appraisal appraisal =
          Verifier.appraise(
              policy,
              running.evidence(NONCE, policy.selection()),
              new Challenge(Optional.of("rack1"), NONCE, ENCLAVE));
      return appraisal.result(check);
    }
  }

  @Test
  void givenAManifestOfTheImageThenItsBootIsTheMakersAndAnotherImagesIsNot() throws Exception {
    Said signed =
        sign(
            image,
            "appliance.json",
            "--guarantee",
            "no-swap-or-encrypted",
            "--public-key",
            folder.resolve("maker.pem"));
    assertThat(signed.exitCode()).as(signed.err()).isZero();
    assertThat(signed.out())
        .contains("Image appliance 7", "lockdown=confidentiality", "files = [\"appliance.json\"]")
        .contains("guaranteed        no-swap-or-encrypted", "signer = \"maker.pem\"");

    PolicyDocument document =
        PolicyReader.read(
            "policy.toml",
            """
            name = "compute"
            version = 1
            [checks.image-manifest]
            enabled = true
            files = ["appliance.json"]
            signer = "maker.pem"
            [checks.no-swap-or-encrypted]
            enabled = true
            [checks.kernel-lockdown]
            enabled = true
            """,
            PolicyFiles.in(folder));
    assertThat(judge(HostVariant.STANDARD, document, Check.IMAGE_MANIFEST).found())
        .contains("appliance 7");
    CheckResult swap = judge(HostVariant.STANDARD, document, Check.NO_SWAP_OR_ENCRYPTED);
    assertThat(swap.outcome()).as(swap.toString()).isEqualTo(Outcome.PASS);
    CheckResult lockdown = judge(HostVariant.STANDARD, document, Check.KERNEL_LOCKDOWN);
    assertThat(lockdown.outcome()).as(lockdown.toString()).isEqualTo(Outcome.PASS);
    for (Check each : List.of(Check.IMAGE_MANIFEST, Check.NO_SWAP_OR_ENCRYPTED)) {
      assertThat(judge(HostVariant.UPDATED, document, each).outcome()).isEqualTo(Outcome.FAIL);
    }
    assertThat(judge(HostVariant.UPDATED, document, Check.IMAGE_MANIFEST).findings())
        .extracting(Finding::code)
        .containsExactly(FindingCode.IMAGE_WITHOUT_MANIFEST);
  }

  @Test
  void givenAManifestThenItIsShownToWhoeverHasTheMakersKeyAndToNobodyElse() throws Exception {
    Path key = folder.resolve("maker.pem");
    String digest = "5e".repeat(32);
    Said signed =
        sign(
            image,
            "appliance.json",
            "--guarantee",
            "no-dumps-or-encrypted",
            "--dump-key",
            "sha256:" + digest,
            "--verity-root",
            digest,
            "--public-key",
            key,
            "--json");
    assertThat(signed.exitCode()).as(signed.err()).isZero();
    Path manifest = folder.resolve("appliance.json");
    Said shown = run("evidence", "manifest", "show", manifest, "--signer", key, "--json");
    assertThat(shown.exitCode()).as(shown.err()).isZero();
    for (String member : List.of("name", "images", "commandLine", "guarantees", "dumpKeys")) {
      assertThat(shown.json().path(member)).as(member).isEqualTo(signed.json().path(member));
    }
    assertThat(shown.json().at("/verityRoots/0").asString()).isEqualTo(digest);

    Said again = sign(image, "appliance.json");
    assertThat(again.exitCode()).isEqualTo(Failure.ENVIRONMENT);
    Path stranger = Files.createDirectory(folder.resolve("stranger"));
    assertThat(
            run(
                    "owner",
                    "guardian",
                    "new",
                    "--name",
                    "Stranger",
                    "--out",
                    stranger,
                    "--key-file",
                    folder.resolve("maker.key"))
                .exitCode())
        .isZero();
    Path other = folder.resolve("other.pem");
    try (var files = Files.list(stranger)) {
      maker =
          files
              .filter(each -> each.toString().endsWith("guardian-key.json"))
              .findFirst()
              .orElseThrow();
    }
    assertThat(sign(image, "theirs.json", "--public-key", other).exitCode()).isZero();
    Said foreign = run("evidence", "manifest", "show", manifest, "--signer", other);
    assertThat(foreign.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(foreign.err()).contains("no manifest of this signer");
    Said noKey = run("evidence", "manifest", "show", manifest, "--signer", manifest);
    assertThat(noKey.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(noKey.err()).contains("no certificate or public key on P-384");
  }

  @ParameterizedTest
  @CsvSource({
    "--guarantee, secure-boot, no maker can answer for",
    "--guarantee, anything, no maker can answer for",
    "--dump-key, 5e5e, is no sha256:HEX",
    "--verity-root, 5e5e, is no root hash",
  })
  void givenWhatNoManifestMaySayThenNoneIsWritten(String option, String value, String said) {
    Said refused = sign(image, "appliance.json", option, value);
    assertThat(refused.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(refused.err()).contains(said);
    assertThat(folder.resolve("appliance.json")).doesNotExist();
  }

  @Test
  void givenNoUnifiedKernelImageThenNoManifestIsWritten() {
    Said refused = sign(Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd"), "appliance.json");
    assertThat(refused.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(refused.err()).contains("at offset", "expected");
    assertThat(folder.resolve("appliance.json")).doesNotExist();
  }
}
