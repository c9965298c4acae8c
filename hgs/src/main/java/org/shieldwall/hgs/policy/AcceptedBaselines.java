package org.shieldwall.hgs.policy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.hgs.store.BaselineDocument;
import org.shieldwall.hgs.store.BaselineRegister.Stored;
import org.shieldwall.protector.ProtectorException;

/** The baselines that count at one time, read. */
final class AcceptedBaselines {
  private final Map<String, Stored> stored = new LinkedHashMap<>();
  private final Map<String, BootBaseline> read = new LinkedHashMap<>();

  private AcceptedBaselines() {}

  static AcceptedBaselines of(List<Stored> register, Instant now) {
    AcceptedBaselines accepted = new AcceptedBaselines();
    for (Stored each : register) {
      accepted.stored.put(each.name(), each);
      if (each.isGood(now)) {
        accepted.read.put(each.name(), read(each));
      }
    }
    return accepted;
  }

  private static BootBaseline read(Stored stored) {
    try {
      return BaselineDocument.parse(stored.document().getBytes(StandardCharsets.UTF_8));
    } catch (ProtectorException e) {
      throw new IllegalStateException("the stored baseline " + stored.name() + " does not read", e);
    }
  }

  /**
   * {@return the baselines of these names, and those that were approved in their place}
   *
   * @param names empty: every one
   */
  List<BootBaseline> named(Optional<List<String>> names) {
    List<BootBaseline> accepted = new ArrayList<>();
    for (String name : namesOf(names)) {
      Optional.ofNullable(read.get(name)).ifPresent(accepted::add);
    }
    return accepted;
  }

  /** {@return names of the same, those that have expired too} */
  SortedSet<String> namesOf(Optional<List<String>> names) {
    if (names.isEmpty()) {
      return new TreeSet<>(stored.keySet());
    }
    TreeSet<String> wanted = new TreeSet<>(names.get());
    boolean more = true;
    while (more) {
      more = false;
      for (Stored each : stored.values()) {
        if (each.succeeds().filter(wanted::contains).isPresent()) {
          more |= wanted.add(each.name());
        }
      }
    }
    return wanted;
  }

  /** {@return until when these are all there is to say: the first expiry to come} */
  Instant until(Instant now) {
    return stored.values().stream()
        .flatMap(each -> each.expires().stream())
        .filter(now::isBefore)
        .min(Instant::compareTo)
        .orElse(Instant.MAX);
  }

  /** {@return until when one of these names counts; the last of them} */
  Instant lastExpiry(List<String> names) {
    Instant last = Instant.MIN;
    for (String name : names) {
      Instant expires =
          Optional.ofNullable(stored.get(name)).flatMap(Stored::expires).orElse(Instant.MAX);
      last = expires.isAfter(last) ? expires : last;
    }
    return names.isEmpty() ? Instant.MAX : last;
  }
}
