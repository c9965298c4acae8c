package org.shieldwall.evidence.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.eventlog.BootFacts;

/**
 * A boot against each baseline.
 *
 * @param matched names of those it matches
 * @param nearest how it differs from the one it differs from least
 */
record BaselineMatch(List<String> matched, List<Finding> nearest) {
  static final BaselineMatch NONE = new BaselineMatch(List.of(), List.of());

  static BaselineMatch of(
      BootFacts facts, List<BootBaseline> baselines, Optional<String> claimedCommandLine) {
    List<Finding> nearest = List.of();
    List<String> matched = new ArrayList<>();
    for (BootBaseline baseline : baselines) {
      List<Finding> differences = baseline.compare(facts, claimedCommandLine);
      if (differences.isEmpty()) {
        matched.add(baseline.name());
      } else if (nearest.isEmpty() || differences.size() < nearest.size()) {
        nearest = differences;
      }
    }
    return new BaselineMatch(matched, nearest);
  }
}
