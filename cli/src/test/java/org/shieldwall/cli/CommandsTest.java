package org.shieldwall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
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

  @Test
  void progressSaysShareRateAndTimeLeft() {
    assertThat(Progress.line("writing the disk", 50 << 20, 200 << 20, 2.0))
        .isEqualTo("writing the disk   25 %  50 of 200 MiB  25 MiB/s  6 s left");
    assertThat(Progress.line("starting", 0, 0, 3.0)).isEqualTo("starting ... 3 s");
  }
}
