package org.shieldwall.lab.fuzz;

import java.util.List;
import java.util.stream.Stream;

/** Every parser of bytes that come from elsewhere. */
final class FuzzTargets {
  private FuzzTargets() {}

  static List<FuzzTarget> all() {
    return Stream.of(
            TpmTargets.all(),
            TpmAnswerTargets.all(),
            EvidenceTargets.all(),
            AppraisalTargets.all(),
            DocumentTargets.all(),
            SignedTargets.all(),
            KeyFileTargets.all(),
            KeptTargets.all(),
            MessageTargets.all(),
            DiskTargets.all(),
            ImageTargets.all(),
            LocalTargets.all())
        .flatMap(List::stream)
        .toList();
  }

  static FuzzTarget named(String name) {
    return all().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no fuzz target " + name));
  }
}
