package org.shieldwall.evidence;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How far the kernel is locked down ({@code kernel_lockdown(7)}); each mode includes those before.
 */
public enum LockdownMode {
  /** Root cannot change the running kernel. */
  INTEGRITY,
  /** Root cannot read its memory either. */
  CONFIDENTIALITY;

  /** {@return the kernel's word} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return the mode with this {@link #label}} */
  public static Optional<LockdownMode> ofLabel(String label) {
    return Stream.of(values()).filter(each -> each.label().equals(label)).findFirst();
  }
}
