package org.shieldwall.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.shieldwall.cli.Main;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole product, by its own commands: every step of {@code shieldwall demo}. */
@Tag("boot")
class DemonstrationTest {
  private static final List<String> STEPS =
      List.of(
          "hgs-ready",
          "host-registered",
          "template-signed",
          "shielding-data-made",
          "vm-provisioned",
          "vm-started",
          "vm-restarted",
          "refused-altered-boot",
          "refused-unregistered-host",
          "refused-other-enclave-key",
          "refused-replayed-evidence",
          "refused-old-copy",
          "disk-is-ciphertext");

  /** What each refusal must be refused for: another reason would be luck. */
  private static final Map<String, String> FINDINGS =
      Map.of(
          "refused-altered-boot", "secure-boot-off",
          "refused-unregistered-host", "ek-not-registered",
          "refused-other-enclave-key", "enclave-key-not-measured",
          "refused-replayed-evidence", "token-spent",
          "refused-old-copy", "generation-superseded");

  @Test
  void everyStepEndsAsItShould() {
    for (String tool :
        List.of("qemu-system-x86_64", "swtpm", "bwrap", "passt", "sbsign", "mke2fs")) {
      assumeThat(
              List.of("/usr/bin", "/usr/sbin", "/bin", "/sbin").stream()
                  .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool))))
          .as("%s is not installed; ./verify names the package", tool)
          .isTrue();
    }
    System.setProperty("shieldwall.home", System.getProperty("shieldwall.root", ".."));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();

    int exitCode =
        Main.execute(new PrintWriter(out), new PrintWriter(err), List.of("demo", "--json"));

    JsonNode report = onlyObject(out.toString());
    Map<String, JsonNode> steps = new TreeMap<>();
    report.path("steps").forEach(step -> steps.put(step.path("step").asString(), step));
    assertThat(report.path("steps").valueStream().map(step -> step.path("step").asString()))
        .as(out.toString() + err)
        .containsExactlyElementsOf(STEPS);
    steps.forEach(
        (name, step) -> assertThat(step.path("ok").asBoolean()).as(step.toString()).isTrue());
    FINDINGS.forEach((name, code) ->
        assertThat(steps.get(name).path("finding").asString()).as(name).contains(code));
    assertThat(steps.get("vm-restarted").path("outcome").asString())
        .contains("each state opens with its own key alone");
    assertThat(exitCode).as(err.toString()).isZero();
  }

  /** Whatever happens, one object is all that is printed. */
  private static JsonNode onlyObject(String text) {
    return JsonMapper.builder()
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build()
        .readTree(text);
  }
}
