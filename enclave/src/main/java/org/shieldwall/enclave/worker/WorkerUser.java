package org.shieldwall.enclave.worker;

import java.util.List;

/**
 * How a worker becomes another user than the enclave, who has no capability to make it one: the
 * agent hands in a user namespace that belongs to the enclave's user and holds one user of the host
 * alone. Who owns a namespace may enter it and be that user there (user_namespaces(7)), and may end
 * what runs in it.
 */
final class WorkerUser {
  /** What that user, and its group, are called inside. */
  private static final String INSIDE = "1";

  private WorkerUser() {}

  /**
   * {@return what stands before the sandbox's command} The sandbox ends with its parent by a signal
   * that a change of user takes away: it is asked for again after that.
   *
   * @param namespace the child's descriptor of it
   */
  static List<String> entering(int namespace) {
    return List.of(
        "/usr/bin/nsenter",
        "--user=/proc/self/fd/" + namespace,
        "--setuid",
        INSIDE,
        "--setgid",
        INSIDE,
        "--",
        "/usr/bin/setpriv",
        "--pdeathsig",
        "KILL",
        "--");
  }
}
