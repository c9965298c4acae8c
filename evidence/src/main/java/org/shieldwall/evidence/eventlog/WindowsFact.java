package org.shieldwall.evidence.eventlog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.shieldwall.tpm.Bytes;

/**
 * A switch of Windows' boot manager or kernel, from a tagged event whose digest matches.
 *
 * @param event index of the event
 * @param name e.g. {@code test-signing}
 * @param value its value, little-endian in the log
 */
public record WindowsFact(int event, String name, long value) {
  /** Tags of the Windows SDK's {@code wbcl.h}. */
  private static final Map<Long, String> NAMES =
      new TreeMap<>(
          Map.of(
              0x0004_0001L, "boot-debugging",
              0x0005_0001L, "kernel-debugging",
              0x0005_0002L, "code-integrity",
              0x0005_0003L, "test-signing",
              0x0005_0004L, "data-execution-prevention",
              0x0005_0005L, "safe-mode",
              0x0005_0006L, "windows-pe",
              0x0005_000AL, "hypervisor-launch-type"));

  /** {@return the switches in these tagged events and in those inside them} */
  static List<WindowsFact> of(int event, List<TaggedEvent> tagged) {
    List<WindowsFact> found = new ArrayList<>();
    for (TaggedEvent each : tagged) {
      String name = NAMES.get(each.id());
      if (name != null && each.data().length() <= 8) {
        found.add(new WindowsFact(event, name, number(each.data())));
      }
      found.addAll(of(event, each.nested()));
    }
    return found;
  }

  private static long number(Bytes littleEndian) {
    long value = 0;
    for (int i = littleEndian.length() - 1; i >= 0; i--) {
      value = value << 8 | littleEndian.at(i);
    }
    return value;
  }
}
