package org.shieldwall.evidence;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A kernel command line, split as the kernel splits it ({@code lib/cmdline.c}, {@code next_arg};
 * {@code kernel/params.c}, {@code parse_args}): at blanks outside quotation marks; a dash in a
 * parameter's name is an underscore; what follows {@code --} is init's.
 *
 * @param text the whole line
 * @param words its words, in order
 */
public record KernelArguments(String text, List<Word> words) {
  /** Keeps its own copy of the list. */
  public KernelArguments {
    words = List.copyOf(words);
  }

  /**
   * One word.
   *
   * @param name the parameter's name, with underscores
   * @param value what follows the equals sign; empty without one
   * @param hasValue whether there is one
   */
  public record Word(String name, String value, boolean hasValue) {
    @Override
    public String toString() {
      return hasValue ? name + "=" + value : name;
    }
  }

  private static final Set<String> TRUE = Set.of("1", "y", "Y", "on", "yes", "true");

  /** Splits a line. */
  public static KernelArguments parse(String line) {
    List<Word> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i <= line.length(); i++) {
      char c = i < line.length() ? line.charAt(i) : ' ';
      if (c == '"') {
        quoted = !quoted;
      } else if (i == line.length() || (isBlank(c) && !quoted)) {
        if (!word.isEmpty()) {
          words.add(word(word.toString()));
          word.setLength(0);
        }
      } else {
        word.append(c);
      }
    }
    return new KernelArguments(line, words);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == 0;
  }

  private static Word word(String text) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    String value = equals < 0 ? "" : text.substring(equals + 1);
    // The kernel takes slashes for dots in sysctl parameters, the one after "sysctl" too, and no
    // dash
    // for an underscore (fs/proc/proc_sysctl.c).
    boolean sysctl = name.startsWith("sysctl.") || name.startsWith("sysctl/");
    String shown = sysctl ? name.replace('/', '.') : name.replace('-', '_');
    return new Word(name.equals("--") ? "--" : shown, value, equals >= 0);
  }

  /**
   * {@return every value of a parameter, the kernel's and, after {@code --}, init's} Which one wins
   * differs from parameter to parameter: a line proves something only if all of them say so.
   */
  public List<Word> all(String name) {
    return words.stream().filter(each -> each.name().equals(name)).toList();
  }

  /** {@return whether the kernel is told of a parameter, with or without a value} */
  public boolean has(String name) {
    for (Word each : words) {
      if (each.name().equals("--")) {
        return false;
      }
      if (each.name().equals(name)) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether a word stands anywhere, after {@code --} too} */
  public boolean mentions(String name) {
    return !all(name).isEmpty();
  }

  /** {@return whether the kernel is told so, and told nothing else of the parameter} */
  public boolean says(String name, Set<String> values) {
    return has(name) && all(name).stream().allMatch(each -> values.contains(each.value()));
  }

  /** {@return whether a switch is on: alone, or with a word for yes; and never off} */
  public boolean isOn(String name) {
    return has(name)
        && all(name).stream().allMatch(each -> !each.hasValue() || TRUE.contains(each.value()));
  }
}
