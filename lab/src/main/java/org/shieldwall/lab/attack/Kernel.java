package org.shieldwall.lab.attack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this machine's kernel forbids root. On a guarded host the quote shows that it does. */
final class Kernel {
  private Kernel() {}

  /**
   * Nobody may attach to another process: Yama's strictest setting, which cannot be taken back
   * without a reboot. Where it is missing, reading another process is what root may do, and playing
   * it would show nothing about a guarded host.
   */
  static void requireNoAttaching() {
    if (!forbidsAttaching()) {
      throw new Attack.NotHereException(
          "needs a guarded host's kernel (kernel.yama.ptrace_scope=3); this one lets root attach"
              + " to any process");
    }
  }

  /** {@return whether nobody may attach} */
  static boolean forbidsAttaching() {
    return "3".equals(read("/proc/sys/kernel/yama/ptrace_scope"));
  }

  /** The kernel protects itself from root (kernel_lockdown(7)). */
  static void requireLockdown() {
    if (!read("/sys/kernel/security/lockdown").contains("[confidentiality]")) {
      throw new Attack.NotHereException(
          "needs a guarded host's kernel (lockdown=confidentiality); this one has no lockdown");
    }
  }

  private static String read(String path) {
    try {
      return Files.readString(Path.of(path)).strip();
    } catch (IOException missing) {
      return "";
    }
  }
}
