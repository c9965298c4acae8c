package org.shieldwall.hgs.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The numbers that others build alarms on: on the page, each once, and used. */
class AuditPageTest {
  private static final Pattern ROW = Pattern.compile("\\| (SW\\d{4}) \\| `([a-z-]+)` \\|");

  @Test
  void givenThePage_whenHeldAgainstTheKinds_thenEachIsThereOnceAndNoOther() throws Exception {
    Path page = Path.of(System.getProperty("shieldwall.root")).resolve("docs/audit.md");
    List<String> written =
        ROW.matcher(Files.readString(page))
            .results()
            .map(row -> row.group(1) + " " + row.group(2))
            .toList();
    List<String> kinds =
        Stream.of(AuditKind.values()).map(kind -> kind.number() + " " + kind.code()).toList();
    assertThat(written).containsExactlyElementsOf(kinds);
    assertThat(Stream.of(AuditKind.values()).map(AuditKind::number)).doesNotHaveDuplicates();
    assertThat(Stream.of(AuditKind.values()).map(AuditKind::code)).doesNotHaveDuplicates();
  }

  @Test
  void givenAKind_whenLookedForByItsName_thenItIsFound() {
    for (AuditKind kind : AuditKind.values()) {
      assertThat(AuditKind.ofCode(kind.code())).contains(kind);
    }
    assertThat(AuditKind.ofCode("something newer")).isEmpty();
  }

  @Test
  void givenTheSources_whenSearched_thenEveryKindIsRecordedSomewhere() throws Exception {
    Path sources =
        Path.of(System.getProperty("shieldwall.root")).resolve("hgs/src/main/java/org/shieldwall");
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        all.append(Files.readString(file));
      }
    }
    String text = all.toString();
    assertThat(AuditKind.values())
        .allSatisfy(kind -> assertThat(text).contains("AuditKind." + kind.name()));
  }
}
