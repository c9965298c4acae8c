package org.shieldwall.lab.attack;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.cli.demo.TemplateBuild;
import org.shieldwall.cli.demo.Trees;

class AttackSuiteTest {
  private static final int AT_LEAST = 100;
  private static final Path ROOT =
      Path.of(System.getProperty("shieldwall.root", "..")).toAbsolutePath().normalize();

  /** The attacks that need no guest's whole boot; {@code ./attack} plays the others too. */
  @Test
  @Tag("boot")
  void givenRunningPartsWhenAttackedThenNoneSucceedsAndNoneMissesItsPrecondition()
      throws Exception {
    assumeThat(System.getProperty("user.name")).as("most attackers are root").isEqualTo("root");
    for (String tool :
        List.of(
            "qemu-system-x86_64", "swtpm", "bwrap", "passt", "sbsign", "gdb", "strace", "curl")) {
      assumeThat(
              List.of("/usr/bin", "/usr/sbin").stream()
                  .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool))))
          .as("SKIPPED: %s is not installed; ./verify names the package", tool)
          .isTrue();
    }
    Path template = TemplateBuild.ensure(ROOT);
    Path work = Files.createTempDirectory(Path.of("/var/tmp"), "shieldwall-attack-");
    Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
    Report report = new Report(null);
    try (Stage stage = Stage.at(work, template)) {
      new Suite(stage, true, "").play(report);
    } finally {
      Trees.delete(work);
    }
    assertThat(report.played())
        .filteredOn(each -> !each.outcome().good())
        .extracting(each -> each.attack().name() + ": " + each.outcome().line())
        .isEmpty();
    assertThat(report.played())
        .filteredOn(each -> each.outcome() instanceof Outcome.Refused)
        .hasSizeGreaterThan(AT_LEAST);
    assertThat(report.played()).extracting(each -> each.attack().name()).doesNotHaveDuplicates();
  }

  /** docs/enclave.md says of each row of the classes' table which attacks try it. */
  @Test
  void givenTheTableOfClassesThenEveryAttackThatItNamesIsPlayed(@TempDir Path nowhere)
      throws Exception {
    List<String> names;
    try (Stage stage = Stage.empty(nowhere)) {
      names = Suite.names(stage);
    }
    assertThat(names).doesNotHaveDuplicates().hasSizeGreaterThan(AT_LEAST);
    List<String> rows =
        Files.readAllLines(ROOT.resolve("docs/enclave.md")).stream()
            .dropWhile(line -> !line.startsWith("| | encryption-supported | shielded |"))
            .skip(2)
            .takeWhile(line -> line.startsWith("|"))
            .toList();
    assertThat(rows).hasSize(8);
    for (String row : rows) {
      String[] cells = row.split("\\|", -1);
      assertThat(cells).as(row).hasSize(6);
      List<String> named =
          Pattern.compile("`([^`]+)`").matcher(cells[4]).results().map(r -> r.group(1)).toList();
      assertThat(named).as(row).isNotEmpty();
      for (String each : named) {
        Pattern pattern = Pattern.compile(each.replace("*", ".*"));
        assertThat(names).as(row).anyMatch(name -> pattern.matcher(name).matches());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Memory.class)
  void givenAProcessThatProtectsNothingWhenItsMemoryIsReadThenItsSecretIsFound(Memory way)
      throws Exception {
    assumeThat(System.getProperty("user.name")).isEqualTo("root");
    assumeThat(Kernel.forbidsAttaching()).as("nobody may attach on this machine").isFalse();
    way.control();
  }

  @Test
  void givenAProcessThatWorksWhenAProgramInTheKernelReadsItThenItsSecretIsFound() throws Exception {
    assumeThat(System.getProperty("user.name")).isEqualTo("root");
    byte[] secret = "a secret of the control".getBytes(US_ASCII);
    ProcessBuilder builder =
        new ProcessBuilder("/bin/sh", "-c", "while :; do read -r x < /dev/null; done");
    builder.environment().clear();
    builder.environment().put("CANARY", new String(secret, US_ASCII));
    Process other = builder.start();
    try {
      Memory.Range stack =
          Memory.ranges(other.pid()).stream()
              .filter(range -> range.name().equals("[stack]"))
              .findFirst()
              .orElseThrow();
      Search search = new Search(List.of(new Canaries.Canary("it", secret)));
      byte[] read = BpfReader.read(other.pid(), stack.to() - BpfReader.SIZE).orElseThrow();
      search.block(read, read.length, "the stack");
      assertThat(search.found()).hasSize(1);
    } catch (RawCall.RefusedException forbidden) {
      assumeThat(forbidden.getMessage()).as("this kernel takes no BPF programs").isEmpty();
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  @Test
  void givenAnotherProcessWhenItsDescriptorIsTakenThenItsFileIsRead(@TempDir Path folder)
      throws Exception {
    assumeThat(System.getProperty("user.name")).isEqualTo("root");
    assumeThat(Kernel.forbidsAttaching()).as("nobody may attach on this machine").isFalse();
    Path file = Files.writeString(folder.resolve("open"), "what it has open");
    Process other = new ProcessBuilder("/bin/sleep", "60").redirectInput(file.toFile()).start();
    try {
      Path taken = ForeignDescriptor.take(other.pid(), 0);
      assertThat(Files.readString(taken)).isEqualTo("what it has open");
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  private static Attack attack(Attack.Play play) {
    return new Attack("x", Attacker.A3, "P1", "", "", play);
  }

  @Test
  void givenAnAttackThatCannotBePlayedThenItIsNeverCalledRefused() {
    assertThat(
            attack(
                    () -> {
                      Attack.require(false, "nothing there");
                      return new Outcome.Refused("");
                    })
                .outcome())
        .isInstanceOf(Outcome.Failed.class);
    assertThat(
            attack(
                    () -> {
                      throw new IllegalStateException("broken");
                    })
                .outcome())
        .isInstanceOf(Outcome.Failed.class);
    assertThat(attack(() -> new Outcome.Refused(Tool.path("no-such-tool"))).outcome())
        .isInstanceOf(Outcome.NotTried.class);
  }

  @Test
  void givenAReportWithOneSuccessOrFailureThenItIsNotGood() {
    for (Outcome bad : List.of(new Outcome.Succeeded(""), new Outcome.Failed(""))) {
      Report report = new Report(null);
      report.add(attack(() -> bad), new Outcome.Refused(""), 0);
      assertThat(report.good()).isTrue();
      report.add(attack(() -> bad), bad, 0);
      assertThat(report.good()).isFalse();
    }
  }

  @Test
  void givenASecretInAnyFormAndPlaceWhenSearchedThenItIsFound(@TempDir Path folder)
      throws Exception {
    byte[] secret = "a secret of 24 characters".getBytes(US_ASCII);
    List<byte[]> forms =
        List.of(
            secret,
            HexFormat.of().formatHex(secret).getBytes(US_ASCII),
            Base64.getEncoder().withoutPadding().encode(secret),
            Base64.getUrlEncoder().withoutPadding().encode(secret));
    for (byte[] form : forms) {
      for (int at : new int[] {0, (1 << 20) - 7, (1 << 21) + 100}) {
        byte[] file = new byte[(1 << 21) + 300];
        Arrays.fill(file, (byte) 'a');
        System.arraycopy(form, 0, file, at, form.length);
        Files.write(folder.resolve("file"), file);
        Search search = new Search(List.of(new Canaries.Canary("it", secret)));
        search.tree(folder, Set.of());
        assertThat(search.found()).as("form of %s at %s", form.length, at).hasSize(1);
      }
    }
    Files.write(folder.resolve("file"), new byte[100]);
    Search nothing = new Search(List.of(new Canaries.Canary("it", secret)));
    nothing.tree(folder, Set.of());
    assertThat(nothing.found()).isEmpty();
  }
}
