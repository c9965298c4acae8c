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
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protocol.kerberos.KerberosProblem;

/** Every finding of the services has its paragraph in docs/findings.md. */
class FindingsPageTest {
  private static final Path ROOT = Path.of(System.getProperty("shieldwall.root"));
  private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*(/?\\*|//).*$");
  private static final Pattern ANCHOR = Pattern.compile("findings\\.md#([a-z-]+)");
  private static final Pattern FINDING = Pattern.compile("finding\\(\\s*\"([a-z-]+)\"");

  /** What the services say of their own, and what is wrong with documents. */
  private static Set<String> codes() throws Exception {
    Path services = ROOT.resolve("hgs/src/main/java/org/shieldwall/hgs");
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
    for (KerberosProblem each :
        List.of(
            KerberosProblem.CLOCK_SKEW,
            KerberosProblem.REPLAYED,
            KerberosProblem.TICKET_EXPIRED,
            KerberosProblem.NOT_OUR_TICKET,
            KerberosProblem.ACCOUNT_DISABLED)) {
      codes.add(each.code());
    }
    assertThat(codes).contains("token-spent", "owner-host").hasSizeGreaterThan(40);
    return codes;
  }

  @Test
  void givenTheSources_whenTheirFindingsAreCollected_thenEachIsOnThePage() throws Exception {
    Set<String> codes = codes();
    Arrays.stream(Code.values()).map(Code::id).forEach(codes::add);
    assertThat(sections().keySet()).containsAll(codes);
  }

  /** Written down in an assertion, as the word itself: this finds none that nobody looks for. */
  @Test
  void givenTheSources_whenTheirFindingsAreCollected_thenATestLooksForEach() throws Exception {
    StringBuilder tests = new StringBuilder();
    for (String module : List.of("hgs", "cli", "protector", "enclave", "lab")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
        for (Path each : files.filter(file -> file.toString().endsWith("Test.java")).toList()) {
          tests.append(COMMENT.matcher(Files.readString(each)).replaceAll(""));
        }
      }
    }
    String all = tests.toString();
    assertThat(codes()).allSatisfy(code -> assertThat(all).contains('"' + code + '"'));
    assertThat(Code.values())
        .allSatisfy(code ->
            assertThat(
                    all.contains("Code." + code.name() + ")")
                        || all.contains("Code." + code.name() + ",")
                        || all.contains('"' + code.id() + '"'))
                .as(code.name())
                .isTrue());
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
    Map<String, List<String>> sections = new TreeMap<>();
    for (String part : Files.readString(ROOT.resolve("docs/findings.md")).split("(?m)^#+ ", -1)) {
      String[] lines = part.split("\n", 2);
      if (lines[0].matches("[a-z0-9-]+")) {
        sections.computeIfAbsent(lines[0], any -> new ArrayList<>()).add(lines[1].strip());
      }
    }
    return sections;
  }
}
