package org.shieldwall.cli.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.shieldwall.cli.GenuineEvidence;

/**
 * Every file of the folder of genuine evidence gives the verdict that its makers or its README
 * state, by the commands that anyone has. The folder is walked: a file that no rule here speaks for
 * fails, so that none can come in unnoticed.
 */
class EveryVectorTest {
  private static final String LOGS = "eventlogs/go-attestation/";

  @TempDir Path folder;

  private interface Check {
    void of(VectorVerdicts test, Path file) throws Exception;
  }

  /** The first pattern that a file's name fits decides. */
  private static final Map<String, Check> RULES = new LinkedHashMap<>();

  static {
    RULES.put("README.md", VectorVerdicts::readme);
    RULES.put("eventlogs/go-tpm-tools/expected_pcrs.json", VectorVerdicts::namesItsFiles);
    RULES.put("eventlogs/go-tpm-tools/{dbxupdate*.bin,cel.b64}", VectorVerdicts::isNoLog);
    RULES.put("eventlogs/go-tpm-tools/*.bin", VectorVerdicts::replaysAsExpected);
    RULES.put("eventlogs/tpm2-tools/event-moklisttrusted-hex.yaml", VectorVerdicts::sameEvents);
    RULES.put("eventlogs/tpm2-tools/{**/,}*.yaml", VectorVerdicts::replaysAsItsYaml);
    RULES.put("eventlogs/tpm2-tools/*.bin.warn", VectorVerdicts::warnsOfAnEvent);
    RULES.put("eventlogs/tpm2-tools/*.bin", VectorVerdicts::isALog);
    RULES.put(LOGS + "linux_tpm12.json", VectorVerdicts::tpm12IsRefused);
    RULES.put(LOGS + "windows_gcp_shielded_vm.json", VectorVerdicts::windowsHolds);
    RULES.put(LOGS + "ebs_event_missing_eventlog", VectorVerdicts::quirkIsNamed);
    RULES.put(LOGS + "*", VectorVerdicts::isALog);
    RULES.put("eventlogs/malformed/expected.json", VectorVerdicts::namesItsFiles);
    RULES.put("eventlogs/malformed/*.bin", VectorVerdicts::malformedAsExpected);
    RULES.put("quotes/azure-vtpm/*", (test, file) -> test.azureHolds());
    RULES.put("quotes/windows_gcp_shielded_vm.json", VectorVerdicts::windowsHolds);
    RULES.put("ek-certs/keylime-store/*.pem", VectorVerdicts::isACertificate);
    RULES.put("ek-certs/leafs/*.der", (test, file) -> VectorVerdicts.chains(file, "keylime-store"));
    RULES.put("ek-certs/gce/{pca,uca}_*.pem", (test, file) -> VectorVerdicts.chains(file, "gce"));
    RULES.put("ek-certs/gce/*.{crt,cer}", VectorVerdicts::isACertificate);
    RULES.put("ima/ima-log-unknown", (test, file) -> EvidenceRun.of("ima", file).ended(2));
    RULES.put("ima/ima-log-*", (test, file) -> EvidenceRun.of("ima", file).ended(0));
    RULES.put("bench/eventlog.bin", VectorVerdicts::isALog);
    RULES.put("bench/nonce.txt", (test, file) -> test.benchHolds(file.resolveSibling("100")));
    RULES.put("bench/*/*", (test, file) -> test.benchHolds(file.getParent()));
    RULES.put(
        "credentials/*.json",
        (test, file) -> VectorVerdicts.readBy("tpm", "CredentialMakerTest", file));
    RULES.put(
        "wycheproof/rsa_oaep_*",
        (test, file) -> VectorVerdicts.readBy("tpm", "WycheproofTest", file));
    RULES.put(
        "wycheproof/ecdh_*", (test, file) -> VectorVerdicts.readBy("protector", "P384Test", file));
    RULES.put(
        "wycheproof/{aes_gcm,aes_wrap,hkdf}_*",
        (test, file) -> VectorVerdicts.readBy("protector", "secret/WycheproofTest", file));
  }

  static List<String> files() throws IOException {
    if (!Files.isDirectory(GenuineEvidence.FOLDER)) {
      return List.of("absent");
    }
    try (Stream<Path> all = Files.walk(GenuineEvidence.FOLDER)) {
      return all.filter(Files::isRegularFile)
          .map(each -> GenuineEvidence.FOLDER.relativize(each).toString())
          .sorted()
          .toList();
    }
  }

  private static List<String> rulesFor(String name) {
    return RULES.keySet().stream()
        .filter(glob -> {
          PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
          return matcher.matches(Path.of(name));
        })
        .toList();
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyFileGivesItsVerdict(String name) throws Exception {
    Path file = GenuineEvidence.file(name);
    List<String> rules = rulesFor(name);
    assertThat(rules).as("%s is in no conformance test", name).isNotEmpty();
    RULES.get(rules.getFirst()).of(new VectorVerdicts(folder), file);
  }

  @Test
  void aFileThatNobodySpeaksForIsNoticedAndNoRuleIsForNothing() throws IOException {
    assertThat(rulesFor("eventlogs/somebody-elses/new.bin")).isEmpty();
    assertThat(rulesFor("wycheproof/ecdsa_secp384r1_sha384_test.json")).isEmpty();
    GenuineEvidence.file("README.md");
    List<String> used = files().stream().map(each -> rulesFor(each).getFirst()).toList();
    assertThat(used).containsAll(RULES.keySet());
  }
}
