package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every finding keeps to. */
class FindingCodeTest {
  private static final Path ROOT = Path.of(System.getProperty("shieldwall.root", ".."));

  @ParameterizedTest
  @EnumSource(FindingCode.class)
  void everyFindingSaysWhatHappenedWhatItMeansAndWhatMendsIt(FindingCode code) {
    assertThat(code.code()).matches("[a-z0-9]+(-[a-z0-9]+)*");
    assertThat(code.title()).isNotBlank().doesNotEndWith(".");
    assertThat(code.why()).isNotBlank().endsWith(".");
    assertThat(code.remedy()).isNotBlank();
    assertThat(code.httpStatus()).isBetween(400, 403);
  }

  @ParameterizedTest
  @EnumSource(FindingCode.class)
  void everyFindingIsExplainedOnItsPage(FindingCode code) throws IOException {
    assertThat(code.anchor()).isEqualTo("findings.md#" + code.code());
    assertThat(Files.readString(ROOT.resolve("docs/findings.md")))
        .contains("### " + code.code() + "\n");
  }

  @ParameterizedTest
  @EnumSource(FindingCode.class)
  void everyFindingIsProvokedByATest(FindingCode code) throws IOException {
    try (Stream<Path> tests = Files.walk(ROOT.resolve("evidence/src/test/java"))) {
      assertThat(tests.filter(each -> each.toString().endsWith("Test.java")).toList())
          .anyMatch(each ->
              mentions(each, "FindingCode." + code.name())
                  || mentions(each, '"' + code.name() + ';'));
    }
  }

  private static boolean mentions(Path file, String text) {
    try {
      return Files.readString(file).contains(text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
