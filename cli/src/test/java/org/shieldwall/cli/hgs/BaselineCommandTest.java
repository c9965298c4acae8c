package org.shieldwall.cli.hgs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Main;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.FactName;
import org.shieldwall.evidence.FactValue;
import org.shieldwall.hgs.store.BaselineDocument;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Baselines of several boots, and of rules, as an administrator makes them of a genuine log. */
class BaselineCommandTest {
  private static final Path LOG =
      Path.of(System.getProperty("shieldwall.root", ".."))
          .resolve("cli/src/main/resources/org/shieldwall/cli/demo/host-boot-log.bin");
  private static final String NEXT = "sha256:" + "5e".repeat(32);

  @TempDir private Path temporary;

  private record Said(int exitCode, String out, String err) {
    JsonNode json() {
      return JsonMapper.shared().readTree(out);
    }
  }

  private Said baseline(Object... words) {
    List<String> arguments = new ArrayList<>(List.of("hgs", "baseline"));
    for (Object word : words) {
      arguments.add(word.toString());
    }
    arguments.addAll(List.of("--dir", temporary.resolve("hgs").toString()));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    assertThat(out + err.toString()).doesNotContain("Exception", "\tat ");
    return new Said(exitCode, out.toString(), err.toString());
  }

  @BeforeEach
  void init() {
    StringWriter ignored = new StringWriter();
    String folder = temporary.resolve("hgs").toString();
    assertThat(
            Main.execute(
                new PrintWriter(ignored),
                new PrintWriter(ignored),
                List.of("hgs", "init", "--dir", folder, "--listen", "127.0.0.1:0", "--json")))
        .isZero();
  }

  /** The boot of the log, as it would be with the next image. */
  private Path next() throws Exception {
    BootBaseline now = new BaselineFile(LOG, true, CaptureLevel.BOOT).read("now");
    SortedMap<FactName, List<FactValue>> facts = new TreeMap<>(now.facts());
    facts.put(FactName.BOOT_APPLICATIONS, List.of(new FactValue(NEXT, "next.efi")));
    return Files.write(
        temporary.resolve("next.json"),
        BaselineDocument.toBytes(new BootBaseline("next", now.bank(), facts)));
  }

  private BootBaseline stored(String name) throws Exception {
    return BaselineDocument.parse(
        baseline("show", name, "--json").out().getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  @Test
  void givenASecondBoot_whenAddedBesideTheFirst_thenItIsShownInWordsAndEitherWillDo()
      throws Exception {
    Said shown = baseline("add", LOG, "--name", "both", "--or", next(), "--dry-run");
    assertThat(shown.exitCode()).as(shown.err()).isZero();
    assertThat(shown.out()).contains("the images booted", "    or " + NEXT, "Nothing was changed");
    Said machine = baseline("add", LOG, "--name", "both", "--or", next(), "--dry-run", "--json");
    assertThat(machine.json().path("requires").asString()).contains("    or " + NEXT);
    assertThat(baseline("list").out()).contains("There is no baseline");

    assertThat(baseline("add", LOG, "--name", "both", "--or", next(), "--yes").exitCode()).isZero();
    assertThat(stored("both").alternatives().get(FactName.BOOT_APPLICATIONS))
        .containsExactly(List.of(new FactValue(NEXT, "next.efi")));
    // A registered one is as good as a file, with all that it takes.
    Said third = baseline("add", next(), "--name", "three", "--or", "both", "--yes");
    assertThat(third.exitCode()).as(third.err()).isZero();
    assertThat(stored("three").alternatives().get(FactName.BOOT_APPLICATIONS)).hasSize(1);
    Said nobody = baseline("add", LOG, "--name", "x", "--or", "nobody", "--yes");
    assertThat(nobody.exitCode()).isEqualTo(Failure.REFUSED);
    assertThat(nobody.err()).contains("there is no baseline nobody");
  }

  @Test
  void givenRules_whenAdded_thenTheyStandInPlaceOfTheLineToTheLetter() throws Exception {
    Object[] rules = {
      "--require",
      "lockdown=confidentiality",
      "--require",
      "sysctl.kernel.kexec_load_disabled=1",
      "--forbid",
      "init",
      "--allow",
      "lockdown=*",
      "--allow",
      "root=/dev/*"
    };
    List<Object> words = new ArrayList<>(List.of("add", LOG, "--name", "ruled", "--yes"));
    words.addAll(List.of(rules));
    Said added = baseline(words.toArray());
    assertThat(added.exitCode()).as(added.err()).isZero();
    assertThat(added.out())
        .contains(
            "the kernel's command line: with lockdown=confidentiality"
                + " sysctl.kernel.kexec_load_disabled=1; without init; of nothing but lockdown=*"
                + " root=/dev/*")
        .contains("Baseline ruled is accepted");
    BootBaseline stored = stored("ruled");
    assertThat(stored.facts()).doesNotContainKey(FactName.KERNEL_COMMAND_LINE);
    assertThat(stored.commandLine().required())
        .containsExactlyInAnyOrder(
            "lockdown=confidentiality", "sysctl.kernel.kexec_load_disabled=1");
    assertThat(stored.commandLine().forbidden()).containsExactly("init");
    assertThat(stored.commandLine().allowed()).containsExactly("lockdown=*", "root=/dev/*");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--require", "--forbid", "--allow"})
  void givenTwoWordsInOne_whenAdded_thenItIsRefusedWithWhatMendsIt(String option) {
    Said said = baseline("add", LOG, "--name", "x", option, "quiet splash", "--yes");
    assertThat(said.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(said.err()).contains("\"quiet splash\" is not one word", "--require WORD");
    assertThat(baseline("list").out()).contains("There is no baseline");
  }

  @Test
  void givenABootOfFewerFacts_whenAddedBeside_thenItIsRefused() {
    assertThat(baseline("add", LOG, "--name", "keys", "--level", "keys", "--yes").exitCode())
        .isZero();
    Said said = baseline("add", LOG, "--name", "x", "--or", "keys", "--yes");
    assertThat(said.exitCode()).isEqualTo(Failure.MALFORMED);
    assertThat(said.err()).contains("names nothing for the images booted", "--level");
  }

  /** Whoever gives a document another name wants another name, and not another baseline. */
  @Test
  void givenADocumentWithRulesAndAlternatives_whenRenamed_thenItKeepsThem() throws Exception {
    assertThat(
            baseline("add", LOG, "--name", "ruled", "--or", next(), "--forbid", "init", "--yes")
                .exitCode())
        .isZero();
    Path document =
        Files.writeString(
            temporary.resolve("ruled.json"), baseline("show", "ruled", "--json").out());
    assertThat(baseline("add", document, "--name", "renamed", "--yes").exitCode()).isZero();
    assertThat(stored("renamed").commandLine()).isEqualTo(stored("ruled").commandLine());
    assertThat(stored("renamed").alternatives()).isEqualTo(stored("ruled").alternatives());
    assertThat(stored("renamed").alternatives()).isNotEmpty();
  }
}
