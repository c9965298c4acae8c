package org.shieldwall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What every command keeps to, whoever wrote it. */
class CommandsTest {
  static List<CommandLine> commands() {
    List<CommandLine> all = new ArrayList<>();
    collect(Main.commandLine(), all);
    return all;
  }

  private static void collect(CommandLine line, List<CommandLine> all) {
    all.add(line);
    line.getSubcommands().values().stream().distinct().forEach(sub -> collect(sub, all));
  }

  static List<CommandLine> leaves() {
    return commands().stream().filter(line -> line.getSubcommands().isEmpty()).toList();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpSaysWhatTheCommandIsFor(CommandLine line) {
    StringWriter out = new StringWriter();
    line.setOut(new PrintWriter(out));

    int exitCode = line.execute("--help");

    assertThat(exitCode).isZero();
    assertThat(line.getCommandSpec().usageMessage().description()).isNotEmpty();
    assertThat(out.toString()).contains("Usage: " + line.getCommandSpec().qualifiedName());
    for (OptionSpec option : line.getCommandSpec().options()) {
      assertThat(option.description()).as(option.longestName()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("leaves")
  void everyCommandSpeaksJson(CommandLine line) {
    assertThat(line.getCommandSpec().optionsMap()).containsKey("--json");
  }

  @ParameterizedTest
  @MethodSource("leaves")
  void noCommandTakesASecretAsAnArgument(CommandLine line) {
    for (OptionSpec option : line.getCommandSpec().options()) {
      boolean soundsSecret =
          option.longestName().matches(".*(passphrase|password|secret|pin|private).*");
      assertThat(
              soundsSecret && option.arity().max() > 0 && !option.longestName().endsWith("-file"))
          .as("%s takes a secret's text", option.longestName())
          .isFalse();
    }
  }

  /** Words make only the commands that they lead to; what is shown must not depend on that. */
  @ParameterizedTest
  @MethodSource("commands")
  void helpIsTheSameWhetherAllCommandsWereMadeOrOnlyTheseWords(CommandLine line) {
    List<String> words = new ArrayList<>(words(line));
    words.add("--help");
    StringWriter out = new StringWriter();

    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(new StringWriter()), words);

    assertThat(exitCode).isZero();
    assertThat(out.toString()).isEqualTo(line.getUsageMessage());
    if (!line.getSubcommands().isEmpty()) {
      StringWriter bare = new StringWriter();
      words.removeLast();
      assertThat(Main.execute(new PrintWriter(bare), new PrintWriter(bare), words)).isZero();
      assertThat(bare.toString()).isEqualTo(out.toString());
    }
  }

  private static List<String> words(CommandLine line) {
    return List.of(line.getCommandSpec().qualifiedName().split(" ", -1)).stream().skip(1).toList();
  }

  /** A group's list shows the first line of each: it has to be a sentence. */
  @ParameterizedTest
  @MethodSource("commands")
  void theFirstLineOfADescriptionIsASentence(CommandLine line) {
    assertThat(line.getCommandSpec().usageMessage().description()[0]).matches("[A-Z].*\\.");
  }

  @ParameterizedTest
  @MethodSource("leaves")
  void everyArgumentHasANameForPeople(CommandLine line) {
    for (OptionSpec option : line.getCommandSpec().options()) {
      if (option.arity().max() > 0) {
        assertThat(option.paramLabel()).as(option.longestName()).doesNotMatch("<arg\\d+>");
      }
    }
    line.getCommandSpec()
        .positionalParameters()
        .forEach(each -> assertThat(each.paramLabel()).doesNotMatch("<arg\\d+>"));
  }

  @Test
  void wordsFromAFileAreCommandsToo(@TempDir Path folder) throws IOException {
    Path words = Files.writeString(folder.resolve("words"), "evidence eventlog --help");
    StringWriter out = new StringWriter();

    int exitCode =
        Main.execute(
            new PrintWriter(out), new PrintWriter(new StringWriter()), List.of("@" + words));

    assertThat(exitCode).isZero();
    assertThat(out.toString()).contains("Usage: shieldwall evidence eventlog");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hgs nonsense", "hgs host nonsense", "evidence nonsense FILE"})
  void anUnknownCommandOfAGroupNamesTheGroupsHelp(String line) {
    StringWriter err = new StringWriter();

    int exitCode =
        Main.execute(
            new PrintWriter(new StringWriter()),
            new PrintWriter(err),
            List.of(line.split(" ", -1)));

    assertThat(exitCode).isEqualTo(Failure.MALFORMED);
    assertThat(err.toString())
        .contains("nonsense")
        .contains("hint:  shieldwall " + line.substring(0, line.indexOf(" nonsense")) + " --help");
  }

  @Test
  void anUnknownCommandIsAUsageErrorThatNamesTheHelp() {
    StringWriter err = new StringWriter();

    int exitCode =
        Main.execute(
            new PrintWriter(new StringWriter()), new PrintWriter(err), List.of("nonsense"));

    assertThat(exitCode).isEqualTo(Failure.MALFORMED);
    assertThat(err.toString())
        .contains("error: ", "nonsense")
        .contains("hint:  shieldwall --help")
        .doesNotContain("Exception");
  }

  @Test
  void aFailureUnderJsonIsOneJsonObjectOnStandardOutput() {
    StringWriter out = new StringWriter();

    int exitCode =
        Main.execute(
            new PrintWriter(out),
            new PrintWriter(new StringWriter()),
            List.of("owner", "data", "show", "/nonexistent/file", "--json"));

    JsonNode error = JsonMapper.builder().build().readTree(out.toString()).path("error");
    assertThat(exitCode).isEqualTo(Failure.ENVIRONMENT);
    assertThat(error.path("message").asString()).contains("there is no file /nonexistent/file");
    assertThat(error.path("exitCode").asInt()).isEqualTo(Failure.ENVIRONMENT);
  }
}
