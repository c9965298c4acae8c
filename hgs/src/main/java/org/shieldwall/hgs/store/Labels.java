package org.shieldwall.hgs.store;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Groups of hosts, by name. A label is there as long as a host or a policy has it. */
public final class Labels {
  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private Labels() {}

  /** {@return whether {@code text} may be a label} */
  public static boolean isLabel(String text) {
    return LABEL.matcher(text).matches();
  }

  /** {@return the labels in one column's text, each once, ascending} */
  static String join(Collection<String> labels) {
    return String.join(" ", new TreeSet<>(labels));
  }

  static List<String> split(String column) {
    return column.isEmpty() ? List.of() : List.of(column.split(" "));
  }
}
