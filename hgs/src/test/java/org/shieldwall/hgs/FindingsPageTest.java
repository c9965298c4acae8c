package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.ProtectorException.Code;

/** Every finding of the services has its paragraph in docs/findings.md. */
class FindingsPageTest {
  private static final Pattern ANCHOR = Pattern.compile("findings\\.md#([a-z-]+)");
  private static final Pattern FINDING = Pattern.compile("finding\\(\\s*\"([a-z-]+)\"");

  @Test
  void givenTheSources_whenTheirFindingsAreCollected_thenEachIsOnThePage() throws Exception {
    Path root = Path.of(System.getProperty("shieldwall.root"));
    Path services = root.resolve("hgs/src/main/java/org/shieldwall/hgs");
    Set<String> codes = new TreeSet<>();
    for (Path source :
        new Path[] {
          services.resolve("attestation/AttestationFindings.java"),
          services.resolve("attestation/AkFindings.java"),
          services.resolve("attestation/ProofFindings.java"),
          services.resolve("attestation/DirectoryFindings.java"),
          services.resolve("keys/LeaseFindings.java"),
          services.resolve("keys/ReleaseFindings.java")
        }) {
      String text = Files.readString(source);
      ANCHOR.matcher(text).results().forEach(match -> codes.add(match.group(1)));
      FINDING.matcher(text).results().forEach(match -> codes.add(match.group(1)));
    }
    assertThat(codes).contains("token-spent", "owner-host").hasSizeGreaterThan(10);
    Arrays.stream(Code.values()).map(Code::id).forEach(codes::add);
    assertThat(sections().keySet()).containsAll(codes);
  }

  /** A link to one of two headings of one name leads to the first. */
  @Test
  void givenThePage_whenItsHeadingsAreCounted_thenEachIsThereOnceAndSaysSomething()
      throws Exception {
    Map<String, List<String>> sections = sections();
    assertThat(sections).hasSizeGreaterThan(100);
    assertThat(sections)
        .allSatisfy((heading, texts) ->
            assertThat(texts)
                .singleElement(as(InstanceOfAssertFactories.STRING))
                .hasSizeGreaterThan(20));
  }

  private static Map<String, List<String>> sections() throws Exception {
    Path root = Path.of(System.getProperty("shieldwall.root"));
    Map<String, List<String>> sections = new TreeMap<>();
    for (String part : Files.readString(root.resolve("docs/findings.md")).split("(?m)^#+ ", -1)) {
      String[] lines = part.split("\n", 2);
      if (lines[0].matches("[a-z0-9-]+")) {
        sections.computeIfAbsent(lines[0], any -> new ArrayList<>()).add(lines[1].strip());
      }
    }
    return sections;
  }
}
