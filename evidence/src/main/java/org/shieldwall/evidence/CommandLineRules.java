package org.shieldwall.evidence;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a command line has to be, where it need not be one line to the letter.
 *
 * @param required words that have to be there, e.g. {@code lockdown=confidentiality}; no other
 *     value of the same parameter may be
 * @param forbidden parameters, or words with their value, that may not be there, for init either
 * @param allowed patterns, of which each word has to match one, {@code *} for any characters;
 *     empty: any word will do
 */
public record CommandLineRules(Set<String> required, Set<String> forbidden, List<String> allowed) {
  /** Any line will do. */
  public static final CommandLineRules NONE = new CommandLineRules(Set.of(), Set.of(), List.of());

  /** Keeps its own copies. */
  public CommandLineRules {
    for (Set<String> words : List.of(required, forbidden)) {
      for (String each : words) {
        if (!isWord(each)) {
          throw new IllegalArgumentException("\"" + each + "\" is not one word");
        }
      }
    }
    required = Set.copyOf(required);
    forbidden = Set.copyOf(forbidden);
    allowed = List.copyOf(allowed);
  }

  /** {@return whether a text is one word, as {@link #required} and {@link #forbidden} need it} */
  public static boolean isWord(String text) {
    return KernelArguments.parse(text).words().size() == 1;
  }

  /** {@return whether any line will do} */
  public boolean isEmpty() {
    return required.isEmpty() && forbidden.isEmpty() && allowed.isEmpty();
  }

  /** {@return what is wrong with a line, in words; nothing if nothing is} */
  public List<String> flaws(KernelArguments line) {
    List<String> flaws = new ArrayList<>();
    for (String word : new TreeSet<>(required)) {
      KernelArguments.Word wanted = only(word);
      List<KernelArguments.Word> found = line.all(wanted.name());
      if (!line.has(wanted.name()) || !found.stream().allMatch(wanted::equals)) {
        flaws.add(word + " has to be there, and is " + (found.isEmpty() ? "not" : found));
      }
    }
    for (String word : new TreeSet<>(forbidden)) {
      KernelArguments.Word unwanted = only(word);
      line.all(unwanted.name()).stream()
          .filter(each -> !unwanted.hasValue() || each.equals(unwanted))
          .forEach(each -> flaws.add(each + " may not be there"));
    }
    if (!allowed.isEmpty()) {
      line.words().stream()
          .map(KernelArguments.Word::toString)
          .filter(each -> allowed.stream().noneMatch(one -> matches(one, each)))
          .forEach(each -> flaws.add(each + " matches no pattern"));
    }
    return flaws;
  }

  private static KernelArguments.Word only(String word) {
    return KernelArguments.parse(word).words().getFirst();
  }

  /** The first place for each part is as good as any other: nothing is tried twice. */
  private static boolean matches(String glob, String word) {
    String[] parts = glob.split("[*]", -1);
    String last = parts[parts.length - 1];
    if (parts.length == 1) {
      return word.equals(glob);
    }
    if (!word.startsWith(parts[0])) {
      return false;
    }
    int at = parts[0].length();
    for (int i = 1; i < parts.length - 1; i++) {
      int found = word.indexOf(parts[i], at);
      if (found < 0) {
        return false;
      }
      at = found + parts[i].length();
    }
    return word.length() - at >= last.length() && word.endsWith(last);
  }

  /** {@return the rules in words} */
  public String describe() {
    return Stream.of(
            part("with ", new TreeSet<>(required)),
            part("without ", new TreeSet<>(forbidden)),
            part("of nothing but ", allowed))
        .filter(each -> !each.isEmpty())
        .collect(Collectors.joining("; "));
  }

  private static String part(String before, Collection<String> words) {
    return words.isEmpty() ? "" : before + String.join(" ", words);
  }
}
