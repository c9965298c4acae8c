package org.shieldwall.hgs.policy;

import java.util.Collection;
import java.util.Map;

/**
 * The policy of hosts whose labels have none. It is built in; a document of its name replaces it.
 */
public final class DefaultPolicy {
  /** Its name. */
  public static final String NAME = "default";

  /** Version of what is built in; a document of this name has a higher one. */
  public static final int VERSION = 1;

  private DefaultPolicy() {}

  /**
   * {@return the name of the policy of a host with these labels}
   *
   * @param assignments policy by label; no host has labels of two policies
   */
  public static String nameFor(Collection<String> labels, Map<String, String> assignments) {
    for (String label : labels) {
      String policy = assignments.get(label);
      if (policy != null) {
        return policy;
      }
    }
    return NAME;
  }
}
