package org.shieldwall.evidence;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.tpm.TpmHash;

/**
 * What a host must have booted: named facts, not PCR values, so that a setting nobody cares about
 * locks nobody out.
 *
 * @param name what administrators call it
 * @param bank the bank that digests in it are of
 * @param facts the values of each fact named, in the order of measurement; a fact with no values
 *     says that there must be none
 * @param alternatives further values of a fact in {@code facts}, any of which will do too: several
 *     images, firmware versions, option ROMs
 * @param commandLine rules for the command line, where {@code facts} do not name it to the letter
 */
public record BootBaseline(
    String name,
    TpmHash bank,
    SortedMap<FactName, List<FactValue>> facts,
    SortedMap<FactName, List<List<FactValue>>> alternatives,
    CommandLineRules commandLine) {

  /** Keeps its own copies, and refuses a baseline that holds hosts to nothing. */
  public BootBaseline {
    SortedMap<FactName, List<FactValue>> copy = new TreeMap<>();
    facts.forEach((fact, values) -> copy.put(fact, List.copyOf(values)));
    facts = Collections.unmodifiableSortedMap(copy);
    SortedMap<FactName, List<List<FactValue>>> others = new TreeMap<>();
    alternatives.forEach(
        (fact, lists) -> others.put(fact, lists.stream().map(List::copyOf).toList()));
    alternatives = Collections.unmodifiableSortedMap(others);
    if (facts.isEmpty() || name.isBlank()) {
      throw new IllegalArgumentException("a baseline needs a name and at least one fact");
    }
    if (!facts.keySet().containsAll(alternatives.keySet())) {
      throw new IllegalArgumentException("alternatives to a fact that is not named");
    }
    // Root can measure a better line later: somebody has to answer for the images that measure.
    boolean answered =
        facts.containsKey(FactName.BOOT_APPLICATIONS) || facts.containsKey(FactName.AUTHORITIES);
    if (!commandLine.isEmpty() && !answered) {
      throw new IllegalArgumentException(
          "rules for a command line need the images, or the keys that let them run");
    }
  }

  /** A baseline of these values and no others. */
  public BootBaseline(String name, TpmHash bank, SortedMap<FactName, List<FactValue>> facts) {
    this(name, bank, facts, new TreeMap<>(), CommandLineRules.NONE);
  }

  /**
   * {@return the same, that takes the boots of {@code other} too, fact by fact}
   *
   * @throws IllegalArgumentException if {@code other} does not name what this one does, or has
   *     other rules for the command line
   */
  public BootBaseline or(BootBaseline other) {
    if (!other.commandLine().isEmpty() && !other.commandLine().equals(commandLine)) {
      throw new IllegalArgumentException(
          "baseline " + other.name() + " has other rules for the command line");
    }
    SortedMap<FactName, List<List<FactValue>>> more = new TreeMap<>(alternatives);
    facts.forEach((fact, values) -> {
      List<FactValue> theirs = other.facts().get(fact);
      if (theirs == null) {
        throw new IllegalArgumentException(
            "baseline " + other.name() + " names nothing for " + fact.title());
      }
      List<List<FactValue>> lists = new ArrayList<>(more.getOrDefault(fact, List.of()));
      Stream.concat(Stream.of(theirs), other.alternatives().getOrDefault(fact, List.of()).stream())
          .filter(each -> !sameValues(values, each))
          .filter(each -> lists.stream().noneMatch(one -> sameValues(one, each)))
          .forEach(lists::add);
      if (!lists.isEmpty()) {
        more.put(fact, lists);
      }
    });
    return new BootBaseline(name, bank, facts, more, commandLine);
  }

  /** {@return the same with rules in place of the command line to the letter} */
  public BootBaseline withRules(CommandLineRules rules) {
    SortedMap<FactName, List<FactValue>> fewer = new TreeMap<>(facts);
    fewer.remove(FactName.KERNEL_COMMAND_LINE);
    // The command line is among what the kernel measures into PCR 9.
    fewer.remove(FactName.LOADED_FILES);
    SortedMap<FactName, List<List<FactValue>>> others = new TreeMap<>(alternatives);
    others.keySet().retainAll(fewer.keySet());
    return new BootBaseline(name, bank, fewer, others, rules);
  }

  /**
   * {@return a baseline of the boot that made a log}
   *
   * <p>Of files loaded before the kernel, {@link CaptureLevel#BOOT} takes in those of a boot
   * without GRUB only: GRUB reads files that change in each boot, and which one is which its
   * digests do not say.
   *
   * @param facts what the log proves; the caller has seen to it that it replays to a genuine quote,
   *     or takes the administrator's word for it
   */
  public static BootBaseline capture(String name, BootFacts facts, CaptureLevel level) {
    SortedMap<FactName, List<FactValue>> captured = new TreeMap<>();
    for (FactName fact : FactName.of(level)) {
      boolean skip =
          fact == FactName.LOADED_FILES && level != CaptureLevel.EVERYTHING && facts.grubFiles();
      if (!skip) {
        captured.put(fact, FactValues.of(fact, facts).stream().map(FoundValue::value).toList());
      }
    }
    return new BootBaseline(name, facts.bank(), captured);
  }

  /** {@return the PCRs that a quote must cover for this baseline to be held against a log} */
  public Set<Integer> pcrs() {
    Set<Integer> pcrs =
        facts.keySet().stream()
            .flatMap(fact -> fact.pcrs().stream())
            .collect(Collectors.toCollection(TreeSet::new));
    if (!commandLine.isEmpty()) {
      pcrs.addAll(FactName.KERNEL_COMMAND_LINE.pcrs());
      pcrs.addAll(FactName.LOADED_FILES.pcrs());
    }
    return pcrs;
  }

  /** {@return one finding for each fact that is not as named; none if all are} */
  public List<Finding> compare(BootFacts found) {
    return compare(found, Optional.empty());
  }

  /**
   * {@return the same}
   *
   * @param claimed a command line that was not measured as a text; believed if its digest was
   */
  public List<Finding> compare(BootFacts found, Optional<String> claimed) {
    List<Finding> findings = new ArrayList<>();
    for (Map.Entry<FactName, List<FactValue>> each : facts.entrySet()) {
      differences(each.getKey(), each.getValue(), FactValues.of(each.getKey(), found)).stream()
          .findFirst()
          .map(this::finding)
          .ifPresent(findings::add);
    }
    if (!commandLine.isEmpty()) {
      findings.addAll(BaselineCommandLine.compare(this, found, claimed));
    }
    return findings;
  }

  /** {@return every value of a boot that is not as named} */
  public List<FactDifference> diff(BootFacts found) {
    List<FactDifference> all = new ArrayList<>();
    facts.forEach(
        (fact, values) -> all.addAll(differences(fact, values, FactValues.of(fact, found))));
    return all;
  }

  /** {@return every value in which another baseline differs from this one} */
  public List<FactDifference> diff(BootBaseline other) {
    List<FactDifference> all = new ArrayList<>();
    for (FactName fact : FactName.values()) {
      List<FactValue> ours = facts.get(fact);
      List<FactValue> theirs = other.facts().get(fact);
      if (ours != null && theirs != null) {
        all.addAll(
            differences(
                fact, ours, theirs.stream().map(each -> new FoundValue(-1, each)).toList()));
      } else if (ours != null || theirs != null) {
        all.add(new FactDifference(fact, 0, named(ours), named(theirs), OptionalInt.empty()));
      }
    }
    return all;
  }

  private static String named(@Nullable List<FactValue> values) {
    return values == null
        ? FactDifference.ANYTHING
        : values.isEmpty() ? "none" : values.getFirst().describe();
  }

  private static boolean sameValues(List<FactValue> one, List<FactValue> other) {
    return one.stream()
        .map(FactValue::value)
        .toList()
        .equals(other.stream().map(FactValue::value).toList());
  }

  private List<FactDifference> differences(
      FactName fact, List<FactValue> expected, List<FoundValue> found) {
    List<FactValue> values = found.stream().map(FoundValue::value).toList();
    boolean other =
        alternatives.getOrDefault(fact, List.of()).stream()
            .anyMatch(each -> sameValues(each, values));
    if (other || sameValues(expected, values)) {
      return List.of();
    }
    List<FactDifference> differences = new ArrayList<>();
    for (int i = 0; i < Math.max(expected.size(), found.size()); i++) {
      String wanted = i < expected.size() ? expected.get(i).value() : "";
      String is = i < found.size() ? found.get(i).value().value() : "";
      if (i >= expected.size() || i >= found.size() || !wanted.equals(is)) {
        differences.add(difference(fact, i, expected, found));
      }
    }
    return differences;
  }

  private static FactDifference difference(
      FactName fact, int index, List<FactValue> expected, List<FoundValue> found) {
    boolean isFound = index < found.size();
    return new FactDifference(
        fact,
        index,
        index < expected.size() ? expected.get(index).describe() : FactDifference.NONE,
        isFound ? found.get(index).value().describe() : FactDifference.NONE,
        isFound && found.get(index).event() >= 0
            ? OptionalInt.of(found.get(index).event())
            : OptionalInt.empty());
  }

  private Finding finding(FactDifference difference) {
    return new Finding(
        FindingCode.BOOT_BASELINE_MISMATCH,
        "baseline \"%s\": %s".formatted(name, difference.describe()),
        difference.expected(),
        difference.found());
  }

  /** {@return what hosts will have to prove, a sentence or value a line} */
  public String describe() {
    StringBuilder text = new StringBuilder("Baseline \"" + name + "\" holds a host to:\n");
    facts.forEach((fact, values) -> {
      text.append("  ").append(fact.title()).append(':');
      if (values.isEmpty()) {
        text.append(" none");
      } else if (values.size() == 1 && values.getFirst().note().isEmpty()) {
        text.append(' ').append(values.getFirst().value());
      } else {
        values.forEach(value -> text.append("\n    ").append(value.describe()));
      }
      text.append('\n');
      alternatives
          .getOrDefault(fact, List.of())
          .forEach(list ->
              text.append("    or ")
                  .append(list.stream().map(FactValue::describe).collect(Collectors.joining(", ")))
                  .append('\n'));
    });
    if (!commandLine.isEmpty()) {
      text.append("  the kernel's command line: ").append(commandLine.describe()).append('\n');
    }
    for (FactName fact : FactName.values()) {
      boolean ruled = fact == FactName.KERNEL_COMMAND_LINE && !commandLine.isEmpty();
      if (!facts.containsKey(fact) && !ruled) {
        text.append("  anything goes for ").append(fact.title()).append('\n');
      }
    }
    return text.toString();
  }
}
