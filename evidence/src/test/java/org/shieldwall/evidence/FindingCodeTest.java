package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every finding keeps to; {@link ProvokedFindingsTest} provokes each. */
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
}
