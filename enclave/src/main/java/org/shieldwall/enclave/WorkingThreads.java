package org.shieldwall.enclave;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.enclave.launch.EnclaveClassPath;
import org.shieldwall.enclave.posix.Landlock;
import org.shieldwall.enclave.posix.Landlock.Access;
import org.shieldwall.enclave.posix.Landlock.Rule;
import org.shieldwall.enclave.posix.Spawner;
import org.shieldwall.enclave.posix.SystemCallException;
import org.shieldwall.enclave.posix.WorkingCalls;

/**
 * What the threads that do the enclave's work may open and call. Both walls are the kernel's, and
 * both are a thread's own: a thread passes them on to those it starts, and no thread can put them
 * on another. So the main thread puts them on itself before it starts any other but {@link
 * Spawner}. The threads that the Java runtime has started before, which compile, collect and clean
 * up, are under the filter of the whole process alone (docs/enclave.md, "Which thread is under
 * what").
 */
final class WorkingThreads {
  private static final Path FORBIDDEN = Path.of("/");

  private final List<Rule> rules;

  /**
   * @param door folder of the socket
   * @param store folder of the VMs' folders
   */
  WorkingThreads(Path door, Path store) {
    List<Rule> all = new ArrayList<>();
    all.add(new Rule(door, Access.CHANGE));
    all.add(new Rule(store, Access.CHANGE));
    all.add(new Rule(Path.of(System.getProperty("java.home")), Access.READ));
    EnclaveClassPath.running().forEach(entry -> all.add(new Rule(entry, Access.READ)));
    // The C library's parts; the firmware and its blank variables; what the kernel says of itself.
    for (String place : List.of("/usr/lib", "/usr/lib64", "/usr/share/OVMF", "/proc", "/sys")) {
      all.add(new Rule(Path.of(place), Access.READ));
    }
    for (String device : List.of("/dev/null", "/dev/random", "/dev/urandom")) {
      all.add(new Rule(Path.of(device), Access.USE));
    }
    this.rules = List.copyOf(all);
  }

  /** Restricts this thread and those it will start. {@return what this kernel could not} */
  List<String> restrict() {
    Spawner.ready();
    List<String> weaker = new ArrayList<>();
    try {
      if (Landlock.version() == 0) {
        weaker.add("this kernel has no Landlock: the enclave may open whatever its user may");
      } else {
        Landlock.restrictThisThread(rules);
      }
      WorkingCalls.restrictThisThread();
    } catch (SystemCallException | UnsupportedOperationException e) {
      weaker.add("the enclave's threads are not restricted (" + e.getMessage() + ")");
    }
    return List.copyOf(weaker);
  }

  /**
   * {@return whether this thread is kept from files: tried with a folder that everybody may list}
   */
  static boolean keptFromFiles() {
    try (var entries = Files.newDirectoryStream(FORBIDDEN)) {
      return !entries.iterator().hasNext();
    } catch (IOException refused) {
      return true;
    }
  }

  /** {@return whether this thread is kept from calls} */
  static boolean keptFromCalls() {
    return WorkingCalls.restrictedHere();
  }
}
