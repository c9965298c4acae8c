package org.shieldwall.cli.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.shieldwall.cli.GenuineEvidence;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What must come out of a file of genuine evidence, by the commands that anyone has.
 *
 * @param folder for what has to be taken out of a file before a command reads it
 */
record VectorVerdicts(Path folder) {
  private static final String WARNING = "WARN: Event 24's digest does not match its payload";
  private static final Pattern PCR_LINE = Pattern.compile("\\s+(\\d+)\\s*: 0x([0-9a-fA-F]+)");
  private static final Pattern HEX_ENTRY =
      Pattern.compile(
          "pcr: (\\d+)\\s+recnum: \\d+\\s+digests:\\s+- hashAlg: sha256\\s+digest: '?([0-9a-f]{64})");

  private static JsonNode json(Path file) throws IOException {
    return JsonMapper.shared().readTree(Files.readAllBytes(file));
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private static JsonNode replay(Path log) {
    return EvidenceRun.of("eventlog", log, "--json").ended(0).json();
  }

  static void readme(VectorVerdicts test, Path file) throws IOException {
    Matcher row = Pattern.compile("(?m)^\\| ([a-z0-9_./-]+) \\|").matcher(Files.readString(file));
    List<String> named = row.results().map(each -> each.group(1)).skip(1).toList();
    assertThat(named).hasSizeGreaterThan(9);
    assertThat(named).allSatisfy(each -> assertThat(file.resolveSibling(each)).exists());
  }

  static void namesItsFiles(VectorVerdicts test, Path file) throws IOException {
    assertThat(json(file).propertyNames())
        .isNotEmpty()
        .allSatisfy(each -> assertThat(file.resolveSibling(each)).isRegularFile());
  }

  static void isNoLog(VectorVerdicts test, Path file) {
    EvidenceRun.of("eventlog", file).ended(2);
  }

  static void isALog(VectorVerdicts test, Path file) {
    assertThat(replay(file).get("events").asInt()).isPositive();
  }

  static void replaysAsExpected(VectorVerdicts test, Path file) throws IOException {
    JsonNode expected =
        json(file.resolveSibling("expected_pcrs.json")).get(file.getFileName().toString());
    assertThat(expected).as("%s has an expected verdict", file).isNotNull().isNotEmpty();
    JsonNode found = replay(file);
    for (Map.Entry<String, JsonNode> bank : expected.properties()) {
      assertThat(found.get("pcrs").get(bank.getKey())).isEqualTo(bank.getValue());
    }
  }

  static void replaysAsItsYaml(VectorVerdicts test, Path yaml) throws IOException {
    String name = yaml.getFileName().toString().replace(".yaml", "");
    Path log = GenuineEvidence.file("eventlogs/tpm2-tools/" + name);
    ObjectNode expected = JsonMapper.shared().createObjectNode();
    String text = Files.readString(yaml);
    String bank = "";
    for (String line : text.substring(text.indexOf("\npcrs:")).lines().skip(2).toList()) {
      Matcher value = PCR_LINE.matcher(line);
      if (value.matches()) {
        expected.withObject("/" + bank).put(value.group(1), value.group(2));
      } else {
        bank = line.strip().replace(":", "");
      }
    }
    JsonNode found = replay(log).get("pcrs");
    expected
        .properties()
        .forEach(each ->
            assertThat(found.get(each.getKey())).as(each.getKey()).isEqualTo(each.getValue()));
  }

  /** The digests of each PCR, extended one after the other, come out as the log's own values do. */
  static void sameEvents(VectorVerdicts test, Path yaml) throws Exception {
    Matcher entry = HEX_ENTRY.matcher(Files.readString(yaml));
    Map<String, byte[]> values = new LinkedHashMap<>();
    while (entry.find()) {
      byte[] before = values.getOrDefault(entry.group(1), new byte[32]);
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(before);
      values.put(entry.group(1), digest.digest(HexFormat.of().parseHex(entry.group(2))));
    }
    JsonNode found = replay(yaml.resolveSibling("event-moklisttrusted.bin")).at("/pcrs/sha256");
    assertThat(values).hasSizeGreaterThan(8);
    values.forEach((pcr, value) ->
        assertThat(found.get(pcr).asString()).isEqualTo(HexFormat.of().formatHex(value)));
  }

  /**
   * Its maker's tool says that an event's data are not what was measured. They are, but for the
   * last byte of a terminator: the fact may be drawn, and no longer once another byte is changed.
   */
  static void warnsOfAnEvent(VectorVerdicts test, Path file) throws IOException {
    assertThat(file).content().isEqualToIgnoringNewLines(WARNING);
    Path log = file.resolveSibling(file.getFileName().toString().replace(".warn", ""));
    assertThat(replay(log).at("/facts/kernelCommandLine").toString()).contains("cryptdevice");
    String text = new String(Files.readAllBytes(log), StandardCharsets.ISO_8859_1);
    String altered = text.replace("c\0r\0y\0p\0t\0d\0e\0v", "c\0r\0y\0p\0t\0d\0e\0V");
    assertThat(altered).isNotEqualTo(text);
    Path other = test.write("altered.bin", altered.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(EvidenceRun.of("eventlog", other, "--json").json().get("facts").toString())
        .doesNotContainIgnoringCase("cryptdevice");
  }

  static void malformedAsExpected(VectorVerdicts test, Path file) throws IOException {
    JsonNode expected = json(file.resolveSibling("expected.json"));
    boolean error =
        expected.get(file.getFileName().toString()).get("expected").asString().contains("error");
    EvidenceRun.of("eventlog", file).ended(error ? 2 : 0);
  }

  static void quirkIsNamed(VectorVerdicts test, Path file) throws IOException {
    String pcr5 = "{\"sha1\":{\"5\":\"31245808d6d35849bc394f6343f2b3ff908ed5e3\"}}";
    Path pcrs = test.write("pcrs.json", pcr5.getBytes(StandardCharsets.UTF_8));
    assertThat(EvidenceRun.of("eventlog", file, "--pcrs", pcrs).ended(1).out())
        .contains("ExitBootServices");
  }

  private List<Object> dumped(JsonNode dump) throws IOException {
    return new ArrayList<>(
        List.of(
            "quote",
            "--attest",
            write("attest", base64(dump.at("/Quote/Quote"))),
            "--signature",
            write("signature", base64(dump.at("/Quote/Signature"))),
            "--ak",
            write("ak", base64(dump.at("/AK/Public")))));
  }

  private static byte[] base64(JsonNode node) {
    return Base64.getDecoder().decode(node.asString());
  }

  static void tpm12IsRefused(VectorVerdicts test, Path file) throws IOException {
    assertThat(EvidenceRun.of(test.dumped(json(file)).toArray()).ended(1).out())
        .contains("quote-tpm12");
  }

  static void windowsHolds(VectorVerdicts test, Path file) throws IOException {
    JsonNode dump = json(file);
    ObjectNode values = JsonMapper.shared().createObjectNode();
    for (JsonNode pcr : dump.at("/Log/PCRs")) {
      String hex = HexFormat.of().formatHex(base64(pcr.get("Digest")));
      values.withObject("/sha1").put(pcr.get("Index").asString(), hex);
    }
    Path pcrs = test.write("pcrs", values.toString().getBytes(StandardCharsets.UTF_8));
    List<Object> line = test.dumped(dump);
    line.addAll(List.of("--nonce", "", "--pcrs", pcrs));
    assertThat(EvidenceRun.of(line.toArray()).ended(1).out())
        .contains("quote-signature-weak")
        .doesNotContain("quote-signature-invalid", "pcr-digest-mismatch");
    line.add("--allow-sha1");
    EvidenceRun.of(line.toArray()).ended(0);
    Path log = test.write("log", base64(dump.at("/Log/Raw")));
    JsonNode replayed = EvidenceRun.of("eventlog", log, "--pcrs", pcrs, "--json").ended(0).json();
    assertThat(replayed.at("/facts/secureBoot").asString()).isEqualTo("on");
  }

  void azureHolds() {
    Path azure = GenuineEvidence.file("quotes/azure-vtpm");
    List<Object> line =
        new ArrayList<>(
            List.of(
                "quote",
                "--attest",
                azure.resolve("quote.attest"),
                "--signature",
                azure.resolve("quote.signature.raw"),
                "--ak",
                azure.resolve("ak.pem"),
                "--pcrs",
                azure.resolve("pcrs.json"),
                "--nonce-text"));
    line.add("challenge");
    EvidenceRun.of(line.toArray()).ended(0);
    line.set(line.size() - 1, "another");
    EvidenceRun.of(line.toArray()).ended(1);
  }

  static void isACertificate(VectorVerdicts test, Path file) {
    assertThat(EvidenceRun.of("ekcert", file, "--json").ended(0).json().get("chain").asString())
        .isEqualTo("not-checked");
  }

  static void chains(Path leaf, String roots) {
    Path store = GenuineEvidence.file("ek-certs/" + roots);
    EvidenceRun run = EvidenceRun.of("ekcert", leaf, "--roots", store, "--json");
    assertThat(run.ended(0).json().get("chain").asString()).isEqualTo("trusted");
  }

  void benchHolds(Path host) throws IOException {
    Path bench = GenuineEvidence.file("bench");
    EvidenceRun.of(
            "quote",
            "--attest",
            host.resolve("quote.attest"),
            "--signature",
            host.resolve("quote.signature"),
            "--ak",
            host.resolve("ak.tpm2b_public"),
            "--nonce-text",
            Files.readString(bench.resolve("nonce.txt")).strip())
        .ended(0);
    String pcr10 = Files.readString(host.resolve("pcr10.sha256")).strip();
    EvidenceRun ima =
        EvidenceRun.of("ima", host.resolve("ima.binary"), "--expect", "sha256:" + pcr10, "--json");
    assertThat(ima.ended(0).json().get("matchedPrefix").asString())
        .isEqualTo(host.getFileName().toString());
  }

  /** Not evidence but primitives: a test of that module names the file and is run with it. */
  static void readBy(String module, String test, Path file) throws IOException {
    Path sources = Path.of(System.getProperty("shieldwall.root", ".."), module, "src/test/java");
    Path source = sources.resolve("org/shieldwall/" + module + "/" + test + ".java");
    String stem = file.getFileName().toString().replaceFirst("(?<=hkdf_sha).*", "");
    assertThat(Files.readString(source)).contains(stem);
  }
}
