package org.shieldwall.evidence.eventlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.evidence.Vectors;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import tools.jackson.databind.JsonNode;

/** Logs of real machines, with the PCR values other people's programs and real TPMs found. */
class GenuineEventLogsTest {
  private static final Pattern PCR_LINE = Pattern.compile("\\s+(\\d+)\\s*: 0x([0-9a-fA-F]+)");

  static UntrustedEventLog log(String path) throws MalformedException {
    return UntrustedEventLog.parse(Vectors.eventLog(path), LogLimits.DEFAULT);
  }

  static List<String> logsWithYaml() {
    List<String> yaml = new ArrayList<>(Vectors.files("eventlogs/tpm2-tools/event-raw", ".yaml"));
    yaml.addAll(Vectors.files("eventlogs/tpm2-tools/event-pretty", ".yaml"));
    yaml.addAll(Vectors.files("eventlogs/tpm2-tools/event-pretty-39", ".yaml"));
    yaml.addAll(
        List.of(
            "eventlogs/tpm2-tools/event.bin.yaml",
            "eventlogs/tpm2-tools/specid-vendordata.bin.yaml"));
    return yaml;
  }

  @Test
  void everyLogOfGoTpmToolsReplaysToTheValuesOfItsTpm() throws MalformedException {
    JsonNode expected = Vectors.json("eventlogs/go-tpm-tools/expected_pcrs.json");
    assertThat(expected.size()).isGreaterThan(10);
    for (Map.Entry<String, JsonNode> each : expected.properties()) {
      UntrustedEventLog log = log("eventlogs/go-tpm-tools/" + each.getKey());
      for (Map.Entry<String, JsonNode> bank : each.getValue().properties()) {
        TpmHash hash = TpmHash.ofLabel(bank.getKey()).orElseThrow();
        Map<Integer, Bytes> wanted = new TreeMap<>();
        bank.getValue()
            .properties()
            .forEach(pcr ->
                wanted.put(Integer.parseInt(pcr.getKey()), Bytes.ofHex(pcr.getValue().asString())));
        assertThat(Replay.replay(log, hash).banks().get(hash))
            .as("%s %s", each.getKey(), hash)
            .containsExactlyEntriesOf(wanted);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("logsWithYaml")
  void everyLogOfTpm2ToolsReplaysToTheValuesInItsYaml(String yaml) throws MalformedException {
    String name = yaml.substring(yaml.lastIndexOf('/') + 1).replace(".yaml", "");
    String text = new String(Vectors.bytes(yaml), StandardCharsets.UTF_8);
    UntrustedEventLog log = log("eventlogs/tpm2-tools/" + name);
    Map<TpmHash, Map<Integer, Bytes>> expected = expectedPcrs(text);
    for (Map.Entry<TpmHash, Map<Integer, Bytes>> bank : expected.entrySet()) {
      assertThat(Replay.replay(log, bank.getKey()).banks().get(bank.getKey()))
          .as(bank.getKey().label())
          .containsExactlyEntriesOf(bank.getValue());
    }
  }

  /** tpm2-tools' other form: the events of event-moklisttrusted.bin, with their data in hex. */
  @Test
  void everyEventOfTheLogInHexIsReadWithItsPcrDigestAndData() throws MalformedException {
    String text =
        new String(
            Vectors.bytes("eventlogs/tpm2-tools/event-moklisttrusted-hex.yaml"),
            StandardCharsets.UTF_8);
    UntrustedEventLog log = log("eventlogs/tpm2-tools/event-moklisttrusted.bin");
    List<String> pcrs = values(text, "pcr");
    List<String> digests = values(text, "digest");
    List<String> data = values(text, "event_data");
    assertThat(log.events()).hasSameSizeAs(pcrs).hasSizeGreaterThan(90);
    for (int i = 0; i < log.events().size(); i++) {
      UntrustedEvent event = log.events().get(i);
      assertThat(event.pcr()).as("event %d", i).isEqualTo(Long.parseLong(pcrs.get(i)));
      // The header's event has zeros for SHA-1, whatever banks follow.
      assertThat(event.digest(TpmHash.SHA256).map(Bytes::hex).orElse("00".repeat(20)))
          .as("event %d", i)
          .isEqualTo(digests.get(i));
      assertThat(event.data().hex()).as("event %d", i).isEqualTo(data.get(i));
    }
  }

  private static List<String> values(String yaml, String key) {
    Pattern line = Pattern.compile("(?m)^ *" + key + ": '?([0-9a-f]*)'?$");
    return line.matcher(yaml).results().map(each -> each.group(1)).toList();
  }

  private static Map<TpmHash, Map<Integer, Bytes>> expectedPcrs(String yaml) {
    Map<TpmHash, Map<Integer, Bytes>> banks = new TreeMap<>();
    TpmHash bank = TpmHash.SHA1;
    int start = yaml.indexOf("\npcrs:");
    assertThat(start).isPositive();
    for (String line : yaml.substring(start).lines().toList()) {
      Matcher value = PCR_LINE.matcher(line);
      if (value.matches()) {
        banks
            .computeIfAbsent(bank, _ -> new TreeMap<>())
            .put(Integer.parseInt(value.group(1)), Bytes.ofHex(value.group(2)));
      } else if (line.startsWith("  ")) {
        bank = TpmHash.ofLabel(line.strip().replace(":", "")).orElseThrow();
      }
    }
    return banks;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "coreos_36_shielded_vm_no_secure_boot_eventlog",
        "crypto_agile_eventlog",
        "ebs_event_missing_eventlog",
        "linux_tpm12.json",
        "option_rom_eventlog",
        "sb_cert_eventlog",
        "short_no_action_eventlog",
        "ubuntu_2104_shielded_vm_no_secure_boot_eventlog",
        "windows_gcp_shielded_vm.json"
      })
  void everyLogOfGoAttestationParses(String name) throws MalformedException {
    assertThat(log("eventlogs/go-attestation/" + name).events()).isNotEmpty();
  }

  @Test
  void anEventOfNoPcrIsKeptAndIsNotTheEndOfTheLog() throws MalformedException {
    UntrustedEventLog log = log("eventlogs/go-attestation/option_rom_eventlog");
    assertThat(log.events()).hasSize(61);
    assertThat(log.events().getLast().pcr()).isEqualTo(0xFFFF_FFFFL);
  }

  @Test
  void windowsLogReplaysToTheTpmsSha1Values() throws MalformedException {
    JsonNode dump = Vectors.json("quotes/windows_gcp_shielded_vm.json");
    PcrValues replayed = Replay.replay(log("quotes/windows_gcp_shielded_vm.json"), TpmHash.SHA1);
    for (JsonNode pcr : dump.at("/Log/PCRs")) {
      int index = pcr.get("Index").asInt();
      replayed
          .value(TpmHash.SHA1, index)
          .ifPresent(value ->
              assertThat(value.toArray())
                  .as("PCR %d", index)
                  .isEqualTo(java.util.Base64.getDecoder().decode(pcr.get("Digest").asString())));
    }
    assertThat(replayed.banks().get(TpmHash.SHA1)).containsKeys(0, 4, 5, 7, 11, 12, 13, 14);
  }

  /** The firmware measures ExitBootServices after it has handed the log over. */
  @Test
  void aLogWithoutExitBootServicesLeadsToItsTpmsValueOnceBothEventsAreAdded()
      throws MalformedException {
    UntrustedEventLog log = log("eventlogs/go-attestation/ebs_event_missing_eventlog");
    Bytes logged = Replay.replay(log, TpmHash.SHA1).value(TpmHash.SHA1, 5).orElseThrow();
    Bytes shown = Bytes.ofHex("31245808d6d35849bc394f6343f2b3ff908ed5e3");
    assertThat(logged).isNotEqualTo(shown);
    assertThat(UnloggedExit.after(TpmHash.SHA1, logged)).isEqualTo(shown);
  }

  @Test
  void startupLocalityOfAShortLogIsPcr0sFirstValue() throws MalformedException {
    UntrustedEventLog log = log("eventlogs/go-attestation/short_no_action_eventlog");
    assertThat(log.format()).isEqualTo(LogFormat.SHA1);
    assertThat(Replay.replay(log, TpmHash.SHA1).value(TpmHash.SHA1, 0))
        .contains(Bytes.ofHex("00".repeat(19) + "03"));
  }

  @Test
  void malformedInputsGiveTheirVerdict() throws MalformedException {
    JsonNode expected = Vectors.json("eventlogs/malformed/expected.json");
    for (Map.Entry<String, JsonNode> each : expected.properties()) {
      String path = "eventlogs/malformed/" + each.getKey();
      String verdict = each.getValue().get("expected").asString();
      if (verdict.contains("error")) {
        assertThatThrownBy(() -> log(path)).as(path).isInstanceOf(MalformedException.class);
      } else {
        log(path);
      }
    }
    assertThat(log("eventlogs/malformed/specid_sha1.bin").algorithms())
        .containsExactly(TpmHash.SHA1);
    assertThat(log("eventlogs/malformed/specid_sha1_sha256.bin").algorithms())
        .containsExactly(TpmHash.SHA1, TpmHash.SHA256);
    assertThat(log("eventlogs/malformed/event2_size_zero.bin").events()).hasSize(1);
    assertThat(log("eventlogs/malformed/event_size_zero.bin").events()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cel.b64",
        "dbxupdate-2014-08-11.bin",
        "dbxupdate_x64-2020-10-12.bin",
        "dbxupdate_x64-2021-04-29.bin",
        "expected_pcrs.json"
      })
  void whatIsNoEventLogIsNamed(String name) {
    byte[] bytes = Vectors.bytes("eventlogs/go-tpm-tools/" + name);
    assertThatThrownBy(() -> UntrustedEventLog.parse(bytes, LogLimits.DEFAULT))
        .isInstanceOf(MalformedException.class);
  }

  @Test
  void aCanonicalEventLogIsNamedAsSuch() {
    byte[] text = Vectors.bytes("eventlogs/go-tpm-tools/cel.b64");
    byte[] cel = java.util.Base64.getMimeDecoder().decode(text);
    assertThatThrownBy(() -> UntrustedEventLog.parse(cel, LogLimits.DEFAULT))
        .hasMessageContaining("CEL-TLV");
  }
}
