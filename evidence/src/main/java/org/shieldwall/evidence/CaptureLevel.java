package org.shieldwall.evidence;

import java.util.Locale;

/** How much of a boot a baseline holds hosts to. */
public enum CaptureLevel {
  /** Secure Boot and its keys: any image that they let run. */
  KEYS,
  /** And the very images and command line; of GRUB's files none, since some change in each boot. */
  BOOT,
  /** And firmware, drivers, forbidden signatures, and every file loaded. */
  EVERYTHING;

  /** {@return the name in JSON and on the command line} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
