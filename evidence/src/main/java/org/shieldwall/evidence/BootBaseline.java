package org.shieldwall.evidence;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
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
 */
public record BootBaseline(String name, TpmHash bank, SortedMap<FactName, List<FactValue>> facts) {

  /** Keeps its own copies, and refuses a baseline that holds hosts to nothing. */
  public BootBaseline {
    SortedMap<FactName, List<FactValue>> copy = new TreeMap<>();
    facts.forEach((fact, values) -> copy.put(fact, List.copyOf(values)));
    facts = Collections.unmodifiableSortedMap(copy);
    if (facts.isEmpty() || name.isBlank()) {
      throw new IllegalArgumentException("a baseline needs a name and at least one fact");
    }
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
    return facts.keySet().stream()
        .flatMap(fact -> fact.pcrs().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** {@return one finding for each fact that is not as named; none if all are} */
  public List<Finding> compare(BootFacts found) {
    List<Finding> findings = new ArrayList<>();
    for (Map.Entry<FactName, List<FactValue>> each : facts.entrySet()) {
      difference(each.getKey(), each.getValue(), FactValues.of(each.getKey(), found))
          .ifPresent(findings::add);
    }
    return findings;
  }

  private Optional<Finding> difference(
      FactName fact, List<FactValue> expected, List<FoundValue> found) {
    for (int i = 0; i < Math.max(expected.size(), found.size()); i++) {
      boolean same =
          i < expected.size()
              && i < found.size()
              && expected.get(i).value().equals(found.get(i).value().value());
      if (!same) {
        return Optional.of(finding(fact, i, expected, found));
      }
    }
    return Optional.empty();
  }

  private Finding finding(
      FactName fact, int index, List<FactValue> expected, List<FoundValue> found) {
    boolean isFound = index < found.size();
    String where =
        isFound && found.get(index).event() >= 0 ? ", from event " + found.get(index).event() : "";
    return new Finding(
        FindingCode.BOOT_BASELINE_MISMATCH,
        "baseline \"%s\": %s differ%s (value %d%s)"
            .formatted(name, fact.title(), fact.title().endsWith("s") ? "" : "s", index + 1, where),
        index < expected.size() ? expected.get(index).describe() : "no more values",
        isFound ? found.get(index).value().describe() : "no more values");
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
    });
    for (FactName fact : FactName.values()) {
      if (!facts.containsKey(fact)) {
        text.append("  anything goes for ").append(fact.title()).append('\n');
      }
    }
    return text.toString();
  }
}
