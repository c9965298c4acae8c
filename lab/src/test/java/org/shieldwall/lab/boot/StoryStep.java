package org.shieldwall.lab.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One step of a page's transcripts (docs/updates.md says how they are written). */
sealed interface StoryStep {
  /** {@return the line of the page it begins at} */
  int line();

  /** What happens to a machine or to the time: {@code # rack1 boots standard.efi}. */
  record Happening(int line, String what) implements StoryStep {}

  /** A file that is as the page shows it: {@code hgs$ cat compute.toml}, and its content. */
  record Shown(int line, String file, String content) implements StoryStep {}

  /**
   * A command.
   *
   * @param machine whose prompt it stands at
   * @param command what follows the prompt
   * @param exitCode what it ends with, 0 where the page says nothing of it
   * @param output what it prints, as the page has it
   */
  record Typed(int line, String machine, String command, int exitCode, List<String> output)
      implements StoryStep {
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");
    private static final String ANYTHING = "…";

    /** {@return the command's words; what stands in quotes is one} */
    List<String> words() {
      List<String> words = new ArrayList<>();
      for (Matcher matcher = WORD.matcher(command); matcher.find(); ) {
        words.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
      }
      return words;
    }

    /** {@return whether it stays, behind the prompt} */
    boolean stays() {
      return command.endsWith(" &");
    }

    /** An ellipsis stands for anything within its line, and one by itself for any lines. */
    boolean isPrintedAs(String printed) {
      String pattern =
          output.stream()
              .map(line ->
                  line.equals(ANYTHING)
                      ? "(?:[^\n]*\n)*?"
                      : Pattern.compile(ANYTHING)
                              .splitAsStream(line + " ")
                              .map(part -> part.isEmpty() ? "" : Pattern.quote(part))
                              .collect(Collectors.joining("[^\n]*"))
                          + "\n")
              .collect(Collectors.joining());
      String ended =
          printed.lines().map(line -> line.stripTrailing() + " \n").collect(Collectors.joining());
      return ended.matches(pattern);
    }
  }

  /** {@return the steps of a page, in their order} */
  static List<StoryStep> of(List<String> page) {
    List<StoryStep> steps = new ArrayList<>();
    for (int at = 0; at < page.size(); at++) {
      String line = page.get(at);
      int end = at + 1;
      if (line.matches(" {4}\\w+\\$ .*")) {
        while (end < page.size() && page.get(end).matches(" {4}(?!\\w+\\$ |# ).*|")) {
          end++;
        }
        steps.add(typed(at + 1, line.strip(), written(page.subList(at + 1, end))));
      } else if (line.startsWith("    # ")) {
        steps.add(new Happening(at + 1, line.substring(6).strip()));
      }
      at = end - 1;
    }
    return steps;
  }

  /** What stands in the indented block; empty lines count within it, not around it. */
  private static List<String> written(List<String> block) {
    List<String> lines =
        new ArrayList<>(
            block.stream().map(each -> each.isEmpty() ? "" : each.substring(4)).toList());
    while (!lines.isEmpty() && lines.getLast().isBlank()) {
      lines.removeLast();
    }
    return lines;
  }

  private static StoryStep typed(int line, String text, List<String> below) {
    String machine = text.substring(0, text.indexOf('$'));
    String command = text.substring(text.indexOf('$') + 2);
    if (command.startsWith("cat ")) {
      return new Shown(line, command.substring(4), String.join("\n", below) + "\n");
    }
    Matcher exit =
        Pattern.compile("\\[exit (\\d)]").matcher(below.isEmpty() ? "" : below.getLast());
    return exit.matches()
        ? new Typed(
            line,
            machine,
            command,
            Integer.parseInt(exit.group(1)),
            below.subList(0, below.size() - 1))
        : new Typed(line, machine, command, 0, below);
  }
}
