package org.shieldwall.host.agent;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;

/**
 * The VMs that are being created, started or deleted: one of these at a time for each name, so that
 * two who ask at once do not write into, or delete, each other's folder.
 */
final class NamesAtWork {
  private final Set<String> names = ConcurrentHashMap.newKeySet();

  /** What is done with a VM. */
  interface Work<T> {
    T run() throws AgentException;
  }

  /** Does the work unless somebody is at work on that VM. */
  <T> T alone(String name, Work<T> work) throws AgentException {
    if (!names.add(name)) {
      throw new AgentException(
          Kind.REFUSED,
          "vm-busy",
          "somebody is creating, starting or deleting the VM \"" + name + "\" right now",
          "wait for it: shieldwall vm list");
    }
    try {
      return work.run();
    } finally {
      names.remove(name);
    }
  }
}
