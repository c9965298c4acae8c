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
  private static final Set<String> SAID = Set.of("you see", "`host attest` says", "finding");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern TEXT = Pattern.compile("\"((?:[^\"\\\\\n]|\\\\.)*)\"");
  private static final List<String> TEXTS = new ArrayList<>();
  private static final List<String> MODULES =
      List.of("tpm", "evidence", "protector", "disk", "protocol", "hgs", "enclave", "host", "cli");
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
    CommandLine line = Main.commandLine(List.of(words).subList(1, words.length));
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

  /** The pages' tables of what a program says, cell by cell. */
  static List<String> words() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path page : pages()) {
      boolean inTable = false;
      for (String line : Files.readAllLines(page)) {
        String cell = line.startsWith("|") ? line.substring(1, line.indexOf('|', 1)) : "";
        inTable = SAID.contains(cell.strip()) || (inTable && line.startsWith("|"));
        if (inTable && !SAID.contains(cell.strip())) {
          CODE.matcher(cell)
              .results()
              .forEach(code -> found.add(ROOT.relativize(page) + ": " + code.group(1)));
        }
      }
    }
    return found;
  }

  /** What a page says that somebody sees, a program really says: as a text of its source. */
  @ParameterizedTest
  @MethodSource("words")
  void whatAPageSaysSomebodySeesIsSaid(String where) throws IOException {
    // A star stands for all that begins so.
    String said = where.substring(where.indexOf(": ") + 2).replaceFirst("\\*$", "");
    assertThat(texts().stream().anyMatch(text -> text.contains(said))).as(where).isTrue();
  }

  @Test
  void aTextThatNoProgramSaysIsNotFound() throws IOException {
    assertThat(words()).hasSizeGreaterThan(20);
    assertThat(texts()).noneMatch(text -> text.contains("HGS does not " + "answer"));
  }

  /** {@return every text in the modules' sources, one that is put together as a whole} */
  private static List<String> texts() throws IOException {
    if (!TEXTS.isEmpty()) {
      return TEXTS;
    }
    List<String> texts = new ArrayList<>();
    for (String module : MODULES) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          String source = Files.readString(file).replaceAll("\"\\s*\\+\\s*\"", "");
          TEXT.matcher(source).results().forEach(text -> texts.add(text.group(1)));
        }
      }
    }
    TEXTS.addAll(texts);
    return TEXTS;
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
