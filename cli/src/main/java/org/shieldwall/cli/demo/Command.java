package org.shieldwall.cli.demo;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.cli.Main;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs {@code shieldwall} commands, as a person would type them, and reads their JSON. */
public final class Command {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Command() {}

  /**
   * A finished command.
   *
   * @param line what was typed
   * @param exitCode its exit code
   * @param output its JSON; an empty object if it printed none
   * @param complaints what it wrote to standard error
   */
  public record Result(String line, int exitCode, JsonNode output, String complaints) {
    /** {@return this, if the exit code is 0} */
    public Result orFail() {
      if (exitCode != 0) {
        throw new StepFailure(
            "`"
                + line
                + "` ended with exit code "
                + exitCode
                + ": "
                + message(output)
                + complaints);
      }
      return this;
    }

    /** {@return the error's message, or the findings' codes, or the whole output} */
    public static String message(JsonNode output) {
      JsonNode error = output.path("error");
      if (error.isMissingNode()) {
        return output.toString();
      }
      return error.path("message").asString(error.toString());
    }
  }

  /** Runs a command in this process, with {@code --json} added. */
  public static Result run(Object... words) {
    List<String> line = words(words);
    line.add("--json");
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), line);
    return new Result(
        "shieldwall " + String.join(" ", line), exitCode, parse(out.toString()), err.toString());
  }

  /** Starts a command that stays, as a process of its own; its output goes to {@code log}. */
  public static Process start(Path log, Object... words) throws IOException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-Xmx512m",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    line.addAll(words(words));
    return new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  private static List<String> words(Object... words) {
    List<String> line = new ArrayList<>();
    for (Object word : words) {
      line.add(word.toString());
    }
    return line;
  }

  private static JsonNode parse(String text) {
    try {
      return text.isBlank() ? MAPPER.createObjectNode() : MAPPER.readTree(text);
    } catch (JacksonException notJson) {
      return MAPPER.createObjectNode().put("text", text);
    }
  }
}
