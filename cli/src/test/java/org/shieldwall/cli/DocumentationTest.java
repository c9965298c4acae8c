package org.shieldwall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.shieldwall.evidence.FindingCode;
import picocli.CommandLine;

/** What the pages tell people to type can be typed. */
class DocumentationTest {
  private static final Path ROOT = Path.of(System.getProperty("shieldwall.root", ".."));
  private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)(#[^)]*)?\\)");

  static List<String> commands() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path page : pages()) {
      String joined = Files.readString(page).replaceAll("\\\\\n\\s*", " ");
      joined
          .lines()
          .map(String::strip)
          .filter(line -> line.matches("(\\./)?shieldwall [a-z].*"))
          .map(line -> line.replaceFirst("\\s+#.*", ""))
          .forEach(line -> found.add(ROOT.relativize(page) + ": " + line));
    }
    return found;
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    for (Path folder : List.of(ROOT, ROOT.resolve("docs"))) {
      try (Stream<Path> files = Files.list(folder)) {
        files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
      }
    }
    return pages;
  }

  @ParameterizedTest
  @MethodSource("commands")
  void aCommandOnAPageExistsWithItsOptions(String where) {
    String[] words = where.substring(where.indexOf("shieldwall ")).split("\\s+", -1);
    CommandLine line = Main.commandLine();
    int at = 1;
    while (at < words.length && line.getSubcommands().containsKey(words[at])) {
      line = line.getSubcommands().get(words[at]);
      at++;
    }
    assertThat(line.getSubcommands()).as("%s stops at a group of commands", where).isEmpty();
    for (int i = at; i < words.length; i++) {
      if (words[i].startsWith("--")) {
        assertThat(line.getCommandSpec().optionsMap()).as(where).containsKey(words[i]);
      }
    }
  }

  @Test
  void everyPageThatALinkLeadsToIsThere() throws IOException {
    for (Path page : pages()) {
      for (MatchResult link : LINK.matcher(Files.readString(page)).results().toList()) {
        assertThat(page.resolveSibling(link.group(1))).as("link in %s", page).exists();
      }
    }
  }

  @Test
  void everyFindingHasItsAnchorOnThePage() throws IOException {
    Set<String> headings = new TreeSet<>();
    Files.readAllLines(ROOT.resolve("docs/findings.md")).stream()
        .filter(line -> line.startsWith("#"))
        .forEach(line -> headings.add(line.replaceAll("[#` ]", "")));
    for (FindingCode code : FindingCode.values()) {
      assertThat(headings).contains(code.code());
      assertThat(code.anchor()).endsWith("#" + code.code());
    }
  }
}
