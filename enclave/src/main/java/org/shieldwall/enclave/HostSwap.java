package org.shieldwall.enclave;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether this host swaps. A guest's memory and its vTPM's are not locked: on a host that swaps
 * they reach its disk in plain. So it is asked at the enclave's start, at each VM's, and while VMs
 * run.
 */
final class HostSwap {
  /** What it means and what mends it. */
  static final String WHY =
      "this host swaps: guests' memory and vTPMs would reach its disk in plain; turn swap off"
          + " (swapoff -a, and take it out of /etc/fstab)";

  private static final Path SWAPS = Path.of("/proc/swaps");

  private HostSwap() {}

  /** {@return whether it does now}; also if that cannot be found out */
  static boolean isOn() {
    return isOn(SWAPS);
  }

  /** One line of heading, and one for each area (proc(5), swaps). */
  static boolean isOn(Path swaps) {
    try {
      return Files.readAllLines(swaps).size() != 1;
    } catch (IOException unknown) {
      return true;
    }
  }
}
