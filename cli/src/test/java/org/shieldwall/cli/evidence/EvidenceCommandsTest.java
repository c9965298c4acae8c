package org.shieldwall.cli.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.cli.GenuineEvidence;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The four commands as a user types them, on genuine evidence and on what is none. */
class EvidenceCommandsTest {
  @TempDir Path folder;

  private static EvidenceRun run(Object... arguments) {
    return EvidenceRun.of(arguments);
  }

  private static Path vector(String path) {
    return GenuineEvidence.file(path);
  }

  private static JsonNode json(String path) throws IOException {
    return JsonMapper.shared().readTree(Files.readAllBytes(vector(path)));
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  @Test
  void everyLogGivesItsPcrValuesAsJson() throws IOException {
    for (Map.Entry<String, JsonNode> each :
        json("eventlogs/go-tpm-tools/expected_pcrs.json").properties()) {
      EvidenceRun run =
          run("eventlog", vector("eventlogs/go-tpm-tools/" + each.getKey()), "--json");
      assertThat(run.exitCode()).as(each.getKey() + run.out()).isZero();
      for (Map.Entry<String, JsonNode> bank : each.getValue().properties()) {
        assertThat(run.json().get("pcrs").get(bank.getKey())).isEqualTo(bank.getValue());
      }
      assertThat(run.json().get("events").asInt()).isPositive();
    }
  }

  @Test
  void anUnreadableFactIsAProblemAndNotTheReplays() {
    EvidenceRun run =
        run("eventlog", vector("eventlogs/go-tpm-tools/arch-linux-workstation.bin"), "--json");
    assertThat(run.exitCode()).isZero();
    assertThat(run.json().at("/facts/secureBoot").asString()).isEqualTo("unknown");
    assertThat(run.json().at("/problems/0/code").asString()).isEqualTo("secure-boot-unreadable");
  }

  @ParameterizedTest
  @CsvSource({
    "event_size_too_large.bin,2",
    "event_size_zero.bin,0",
    "event2_size_zero.bin,0",
    "specid_sha1.bin,0",
    "specid_sha1_sha256.bin,0",
    "specid_invalid_version.bin,2",
    "specid_malicious_number_of_algs.bin,2",
    "sipa_oversized_lma_header.eventdata.bin,2",
    "sipa_oversized_elam_header.eventdata.bin,2",
    "sipa_nested_elam_100.eventdata.bin,2"
  })
  void malformedLogsAreNamedWithTheirOffset(String name, int exitCode) {
    EvidenceRun run = run("eventlog", vector("eventlogs/malformed/" + name));
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(exitCode);
    if (exitCode == 2) {
      assertThat(run.err()).startsWith("error: ").contains("at offset ", "expected ", "found ");
    }
  }

  @Test
  void anOffsetIsANumberForMachines() throws IOException {
    EvidenceRun log =
        run("eventlog", vector("eventlogs/malformed/event_size_too_large.bin"), "--json");
    assertThat(log.exitCode()).isEqualTo(2);
    JsonNode error = log.json().get("error");
    assertThat(error.get("offset").isIntegralNumber()).isTrue();
    assertThat(error.get("message").asString())
        .contains("at offset " + error.get("offset").asLong() + ":");
    EvidenceRun pcrs =
        run(
            "eventlog",
            vector("bench/eventlog.bin"),
            "--pcrs",
            file("pcrs", "{\"sha256\":{\"0\":oops}}".getBytes(StandardCharsets.UTF_8)),
            "--json");
    assertThat(pcrs.exitCode()).isEqualTo(2);
    assertThat(pcrs.json().at("/error/offset").isIntegralNumber()).isTrue();
    assertThat(run("eventlog", folder, "--json").json().at("/error/offset").isMissingNode())
        .isTrue();
  }

  @Test
  void aLogWhoseFirmwareRecordsNoExitBootServicesIsRefusedAndTheQuirkNamed() throws IOException {
    Path log = vector("eventlogs/go-attestation/ebs_event_missing_eventlog");
    String after = "31245808d6d35849bc394f6343f2b3ff908ed5e3";
    EvidenceRun quirk = run("eventlog", log, "--pcrs", pcr5(after));
    assertThat(quirk.exitCode()).isEqualTo(1);
    assertThat(quirk.out()).contains("PCR 5 of bank sha1", after, "does not record them");
    EvidenceRun other = run("eventlog", log, "--pcrs", pcr5("00".repeat(20)));
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.out()).contains("PCR 5 of bank sha1").doesNotContain("does not record them");
  }

  private Path pcr5(String value) throws IOException {
    return file(
        "pcr5.json", ("{\"sha1\":{\"5\":\"" + value + "\"}}").getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 255, 257, 512})
  void aSignatureOfAnotherLengthThanTheKeysIsMalformed(int length) throws IOException {
    byte[] genuine = Files.readAllBytes(vector("quotes/azure-vtpm/quote.signature.raw"));
    run(
            "quote",
            "--attest",
            vector("quotes/azure-vtpm/quote.attest"),
            "--signature",
            file("signature", Arrays.copyOf(genuine, length)),
            "--ak",
            vector("quotes/azure-vtpm/ak.pem"))
        .ended(2);
  }

  @Test
  void aLogWithOneByteOfAVariableChangedContradictsItself() throws IOException {
    byte[] log = Files.readAllBytes(vector("bench/eventlog.bin"));
    log[287 + 4 + 4 + 4 + 2 + 32 + 4 + 52] = 0;
    EvidenceRun run = run("eventlog", file("altered.bin", log), "--json");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.json().at("/problems/0/code").asString()).isEqualTo("digest-mismatch");
    assertThat(run.json().at("/facts/secureBoot").asString()).isEqualTo("unknown");
  }

  @Test
  void aLogIsHeldAgainstPcrValues() throws IOException {
    Path log = vector("eventlogs/go-tpm-tools/rhel8-uefi.bin");
    JsonNode right = json("eventlogs/go-tpm-tools/expected_pcrs.json").get("rhel8-uefi.bin");
    Path good = file("good.json", right.toString().getBytes(StandardCharsets.UTF_8));
    assertThat(run("eventlog", log, "--pcrs", good).exitCode()).isZero();
    ((ObjectNode) right.get("sha256")).put("4", "00".repeat(32));
    Path bad = file("bad.json", right.toString().getBytes(StandardCharsets.UTF_8));
    EvidenceRun run = run("eventlog", log, "--pcrs", bad);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).contains("replay-mismatch: PCR 4 of bank sha256");
  }

  private EvidenceRun azure(Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "quote",
                "--attest",
                vector("quotes/azure-vtpm/quote.attest"),
                "--signature",
                vector("quotes/azure-vtpm/quote.signature.raw"),
                "--ak",
                vector("quotes/azure-vtpm/ak.pem"),
                "--json"));
    words.addAll(List.of(more));
    return run(words.toArray());
  }

  @Test
  void aGenuineQuoteIsVerifiedAgainstItsNonceAndValues() {
    Path pcrs = vector("quotes/azure-vtpm/pcrs.json");
    EvidenceRun run = azure("--nonce-text", "challenge", "--pcrs", pcrs);
    assertThat(run.exitCode()).as(run.out()).isZero();
    assertThat(run.json().get("verdict").asString()).isEqualTo("verified");
    assertThat(azure("--nonce", "6368616c6c656e6765").exitCode()).isZero();
  }

  @Test
  void anyOtherNonceIsRefused() {
    EvidenceRun run = azure("--nonce-text", "Challenge");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.json().at("/findings/0/code").asString()).isEqualTo("quote-nonce-mismatch");
  }

  @ParameterizedTest
  @CsvSource({"0,2", "5,1", "12,1", "45,1", "60,1", "121,1"})
  void aByteOfAQuoteChangedIsRefusedOrMalformed(int at, int exitCode) throws IOException {
    byte[] attest = Files.readAllBytes(vector("quotes/azure-vtpm/quote.attest"));
    attest[at] ^= 1;
    EvidenceRun run =
        run(
            "quote",
            "--attest",
            file("attest", attest),
            "--signature",
            vector("quotes/azure-vtpm/quote.signature.raw"),
            "--ak",
            vector("quotes/azure-vtpm/ak.pem"));
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(exitCode);
  }

  @Test
  void anAlteredPcrValueIsRefused() throws IOException {
    JsonNode pcrs = json("quotes/azure-vtpm/pcrs.json");
    ((ObjectNode) pcrs.get("sha256")).put("4", "00".repeat(32));
    Path altered = file("pcrs.json", pcrs.toString().getBytes(StandardCharsets.UTF_8));
    EvidenceRun run = azure("--pcrs", altered);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.json().at("/findings/0/code").asString()).isEqualTo("pcr-digest-mismatch");
  }

  @Test
  void aSha1QuoteIsVerifiedOnlyWhereThatIsAllowed() throws IOException {
    JsonNode dump = json("quotes/windows_gcp_shielded_vm.json");
    List<Object> words =
        new ArrayList<>(
            List.of(
                "quote",
                "--attest",
                file("attest", base64(dump.at("/Quote/Quote"))),
                "--signature",
                file("signature", base64(dump.at("/Quote/Signature"))),
                "--ak",
                file("ak", base64(dump.at("/AK/Public"))),
                "--pcrs",
                file("pcrs", windowsPcrs(dump).getBytes(StandardCharsets.UTF_8)),
                "--nonce",
                "",
                "--json"));
    EvidenceRun strict = run(words.toArray());
    assertThat(strict.exitCode()).isEqualTo(1);
    assertThat(strict.json().at("/findings/0/code").asString()).isEqualTo("quote-signature-weak");
    assertThat(strict.json().get("hint").asString()).contains("--allow-sha1");
    words.removeLast();
    EvidenceRun inWords = run(words.toArray());
    assertThat(inWords.exitCode()).isEqualTo(1);
    assertThat(inWords.out()).contains("quote-signature-weak", "hint: SHA-1", "--allow-sha1");
    words.add("--json");
    words.add("--allow-sha1");
    EvidenceRun relaxed = run(words.toArray());
    assertThat(relaxed.exitCode()).as(relaxed.out()).isZero();
    assertThat(relaxed.json().has("hint")).isFalse();
    Path log = file("log", base64(dump.at("/Log/Raw")));
    EvidenceRun replay = run("eventlog", log, "--pcrs", folder.resolve("pcrs"), "--json");
    assertThat(replay.exitCode()).as(replay.out()).isZero();
    assertThat(replay.json().at("/facts/secureBoot").asString()).isEqualTo("on");
  }

  private static byte[] base64(JsonNode node) {
    return Base64.getDecoder().decode(node.asString());
  }

  /** In the form that tpm2_pcrread prints. */
  private static String windowsPcrs(JsonNode dump) {
    Map<Integer, String> values = new TreeMap<>();
    for (JsonNode pcr : dump.at("/Log/PCRs")) {
      values.put(
          pcr.get("Index").asInt(), java.util.HexFormat.of().formatHex(base64(pcr.get("Digest"))));
    }
    StringBuilder text = new StringBuilder("  sha1:\n");
    values.forEach((pcr, hex) -> text.append("    %-2d: 0x%s%n".formatted(pcr, hex)));
    return text.toString();
  }

  @Test
  void aQuoteOfTpm12IsRefusedByName() throws IOException {
    JsonNode dump = json("eventlogs/go-attestation/linux_tpm12.json");
    EvidenceRun run =
        run(
            "quote",
            "--attest",
            file("attest", base64(dump.at("/Quote/Quote"))),
            "--signature",
            file("signature", base64(dump.at("/Quote/Signature"))),
            "--ak",
            file("ak", base64(dump.at("/AK/Public"))),
            "--json");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.json().at("/findings/0/code").asString()).isEqualTo("quote-tpm12");
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 1000, 5000, 20000})
  void oneHostsEvidenceHolds(int entries) throws IOException {
    String nonce = Files.readString(vector("bench/nonce.txt"), StandardCharsets.US_ASCII).strip();
    EvidenceRun quote =
        run(
            "quote",
            "--attest",
            vector("bench/" + entries + "/quote.attest"),
            "--signature",
            vector("bench/" + entries + "/quote.signature"),
            "--ak",
            vector("bench/" + entries + "/ak.tpm2b_public"),
            "--nonce-text",
            nonce);
    assertThat(quote.exitCode()).as(quote.out()).isZero();
    String pcr10 =
        Files.readString(vector("bench/" + entries + "/pcr10.sha256"), StandardCharsets.US_ASCII);
    EvidenceRun ima =
        run(
            "ima",
            vector("bench/" + entries + "/ima.binary"),
            "--expect",
            "sha256:" + pcr10.strip(),
            "--json");
    assertThat(ima.exitCode()).isZero();
    assertThat(ima.json().get("matchedPrefix").asInt()).isEqualTo(entries);
    assertThat(ima.json().at("/templates/ima-ng").asInt()).isEqualTo(entries);
  }

  @Test
  void aListThatDoesNotLeadToTheValueIsRefused() {
    EvidenceRun run =
        run(
            "ima",
            vector("bench/100/ima.binary"),
            "--expect",
            "sha256:" + "11".repeat(32),
            "--json");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.json().get("matchedPrefix").isNull()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"sha1,0", "sha256,0", "sha384,0", "sha512,0", "sm3_256,0", "unknown,2"})
  void aTextListOfEachHashGivesItsVerdict(String hash, int exitCode) {
    EvidenceRun run = run("ima", vector("ima/ima-log-" + hash), "--json");
    assertThat(run.exitCode()).as(run.out()).isEqualTo(exitCode);
  }

  @ParameterizedTest
  @CsvSource({
    "leafs/keylime-nuvoton_ecdsa_sha256.der,keylime-store,EC-256",
    "leafs/keylime-st_ecdsa_sha256.der,keylime-store,EC-256",
    "leafs/keylime-st_sha256_with_rsa.der,keylime-store,RSA-2048",
    "gce/pca_tpm_ecc_enc_cert.pem,gce,EC-256",
    "gce/pca_tpm_rsa_sign_cert.pem,gce,RSA-2048",
    "gce/uca_tpm_ecc_enc_cert.pem,gce,EC-256",
    "gce/uca_tpm_rsa_enc_cert.pem,gce,RSA-2048"
  })
  void endorsementCertificatesLeadToTheirMakers(String leaf, String roots, String key) {
    EvidenceRun run =
        run("ekcert", vector("ek-certs/" + leaf), "--roots", vector("ek-certs/" + roots), "--json");
    assertThat(run.exitCode()).as(run.out()).isZero();
    assertThat(run.json().get("chain").asString()).isEqualTo("trusted");
    assertThat(run.json().get("key").asString()).isEqualTo(key);
  }

  @Test
  void aCertificateOfAnotherMakerIsUntrustedAndWithoutRootsNotChecked() {
    Path leaf = vector("ek-certs/leafs/keylime-st_ecdsa_sha256.der");
    EvidenceRun other = run("ekcert", leaf, "--roots", vector("ek-certs/gce"), "--json");
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.json().get("chain").asString()).isEqualTo("untrusted");
    EvidenceRun none = run("ekcert", leaf, "--json");
    assertThat(none.exitCode()).isZero();
    assertThat(none.json().get("chain").asString()).isEqualTo("not-checked");
    assertThat(none.json().get("manufacturer").asString()).isEqualTo("STM");
    assertThat(none.json().get("model").asString()).isNotEmpty();
  }

  @Test
  void anExpiredCertificateIsRefusedOnlyWhereThatIsAsked() {
    Path leaf = vector("ek-certs/leafs/keylime-st_ecdsa_sha256.der");
    Path roots = vector("ek-certs/keylime-store");
    EvidenceRun said =
        run("ekcert", leaf, "--roots", roots, "--at", "2099-01-01T00:00:00Z", "--json");
    assertThat(said.exitCode()).isZero();
    assertThat(said.json().get("outOfTime").isEmpty()).isFalse();
    EvidenceRun refused =
        run("ekcert", leaf, "--roots", roots, "--at", "2099-01-01T00:00:00Z", "--refuse-expired");
    assertThat(refused.exitCode()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"eventlog", "ima", "ekcert"})
  void aMissingFileAndADirectoryAreNamed(String command) {
    EvidenceRun missing = run(command, folder.resolve("absent"));
    assertThat(missing.exitCode()).isEqualTo(3);
    assertThat(missing.err()).contains("error: there is no file");
    EvidenceRun directory = run(command, folder, "--json");
    assertThat(directory.exitCode()).isEqualTo(3);
    assertThat(directory.json().at("/error/message").asString()).contains("is a directory");
  }

  @ParameterizedTest
  @ValueSource(strings = {"eventlog", "ima", "ekcert"})
  void aFileOfAGigabyteIsRefusedWithoutReadingIt(String command) throws IOException {
    Path huge = folder.resolve("huge");
    try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
      file.setLength(1L << 30);
    }
    EvidenceRun run = run(command, huge);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).startsWith("error: ");
  }

  @Test
  void emptyFilesAreMalformed() throws IOException {
    Path empty = file("empty", new byte[0]);
    assertThat(run("eventlog", empty).exitCode()).isEqualTo(2);
    assertThat(run("ekcert", empty).exitCode()).isEqualTo(2);
  }
}
