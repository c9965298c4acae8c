package org.shieldwall.evidence;

import java.util.Set;

/**
 * What Secure Boot must refuse to run: entries that the forbidden signatures (dbx) have to hold.
 *
 * @param entries each as {@code KIND:HEX}, e.g. {@code sha256:80b4…}
 */
public record Revocations(Set<String> entries) {
  /** Nothing required: the check fails where it is on. */
  public static final Revocations NONE = new Revocations(Set.of());

  /** Keeps its own copy of the set. */
  public Revocations {
    entries = Set.copyOf(entries);
  }
}
