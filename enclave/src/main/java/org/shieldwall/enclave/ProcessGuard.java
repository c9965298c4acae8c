package org.shieldwall.enclave;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.enclave.launch.EnclaveLaunch;
import org.shieldwall.enclave.launch.StartupCache;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.posix.HiddenMemory;
import org.shieldwall.enclave.posix.SystemCallException;
import org.shieldwall.enclave.posix.SystemCallFilter;
import org.shieldwall.enclave.posix.ThisProcess;

/**
 * What the enclave asks of its own process before it makes a key. An administrator who starts it
 * otherwise than the agent does gets no enclave rather than a weaker one where that is a matter of
 * choice; where the machine cannot do better, it goes on and says so.
 */
final class ProcessGuard {
  private static final Set<String> ALLOWED_VARIABLES =
      Set.of("PATH", "LANG", "LC_ALL", "PWD", "SHLVL", "_");
  private static final List<String> CAPABILITY_SETS =
      List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb");
  private static final long LOCKING_MEMORY = 1L << 14; // CAP_IPC_LOCK

  private ProcessGuard() {}

  /** Why the enclave does not start. */
  static final class RefusedException extends Exception {
    RefusedException(String message) {
      super(message);
    }
  }

  /**
   * Refuses what somebody else put around the process, then closes the process to others.
   *
   * @param threads are restricted last
   */
  static Answer.Confinement enforce(HiddenMemory.Kind secrets, WorkingThreads threads)
      throws RefusedException, IOException {
    refuseEnvironment(System.getenv().keySet());
    refuseOptions(ManagementFactory.getRuntimeMXBean().getInputArguments());
    ThisProcess.refuseDumps();
    Map<String, Long> capabilities = new HashMap<>();
    for (String set : CAPABILITY_SETS) {
      capabilities.put(set, Long.parseUnsignedLong(ThisProcess.status(set), 16));
    }
    refusePrivileges(ThisProcess.uid(), capabilities);
    int tracer = ThisProcess.tracer();
    if (tracer != 0) {
      throw new RefusedException("process " + tracer + " traces the enclave");
    }
    if (HostSwap.isOn()) {
      throw new RefusedException(HostSwap.WHY);
    }
    List<String> weaker = new ArrayList<>();
    filterSystemCalls(weaker);
    boolean locked = lockMemory(weaker);
    boolean network = hasNoNetwork();
    if (!network) {
      weaker.add("the enclave shares the host's network: the agent does not run as root");
    }
    int uid = ThisProcess.uid();
    boolean ownUser = ownUser(uid);
    if (!ownUser) {
      weaker.add("the enclave has no user of its own: programs of user " + uid + " can signal it");
    }
    if (secrets != HiddenMemory.Kind.MEMFD_SECRET) {
      weaker.add("this kernel offers no memfd_secret: root can read secrets through /proc");
    }
    weaker.addAll(threads.restrict());
    return new Answer.Confinement(
        uid, ownUser, network, locked, secrets.label(), List.copyOf(weaker));
  }

  static void refuseEnvironment(Set<String> names) throws RefusedException {
    for (String name : names) {
      if (!ALLOWED_VARIABLES.contains(name)) {
        throw new RefusedException(
            "the environment holds "
                + name.replaceAll("[^A-Za-z0-9_]", "?")
                + "; the enclave starts with an empty one, so that nothing is loaded into it");
      }
    }
  }

  /** The agent's options, all of them and in its order: of two that contradict the last counts. */
  static void refuseOptions(List<String> options) throws RefusedException {
    List<String> allowed = EnclaveLaunch.JAVA_OPTIONS;
    if (options.equals(allowed)) {
      return;
    }
    if (options.size() == allowed.size() + 1
        && options.subList(0, allowed.size()).equals(allowed)) {
      Optional<Path> cache = StartupCache.named(options.getLast());
      if (cache.isPresent()) {
        refuseCache(cache.get());
        return;
      }
    }
    List<String> more = options.stream().filter(option -> !allowed.contains(option)).toList();
    List<String> missing = allowed.stream().filter(option -> !options.contains(option)).toList();
    throw new RefusedException(
        "the Java runtime was not started with the agent's options"
            + (more.isEmpty() ? "" : "; more are " + printable(more))
            + (missing.isEmpty() ? "" : "; missing are " + printable(missing))
            + (more.isEmpty() && missing.isEmpty() ? ": another order or number" : ""));
  }

  /** {@return whether they are the agent's, as {@link #refuseOptions} says} */
  static boolean areTheAgents(List<String> options) {
    try {
      refuseOptions(options);
      return true;
    } catch (RefusedException e) {
      return false;
    }
  }

  /** It is code that no other check of the Java runtime or of ours would look at. */
  private static void refuseCache(Path cache) throws RefusedException {
    Optional<String> untrusted;
    try {
      untrusted = StartupCache.untrusted(cache);
    } catch (IOException e) {
      untrusted = Optional.of("it cannot be looked at");
    }
    if (untrusted.isPresent()) {
      throw new RefusedException(
          "the recorded start may have been written by others: " + untrusted.get());
    }
  }

  private static String printable(List<String> options) {
    return String.join(" ", options).replaceAll("[^\\x20-\\x7e]", "?");
  }

  /** Root, or any capability but that of locking memory, in whatever set, is more than it needs. */
  static void refusePrivileges(int uid, Map<String, Long> capabilities) throws RefusedException {
    if (uid == 0) {
      throw new RefusedException("the enclave does not run as root, but as a user of its own");
    }
    for (Map.Entry<String, Long> set : capabilities.entrySet()) {
      boolean bound = set.getKey().equals("CapBnd");
      // What an unprivileged agent cannot take out of the bounding set nothing can gain from it.
      if ((set.getValue() & ~LOCKING_MEMORY) != 0 && !(bound && unprivileged(capabilities))) {
        throw new RefusedException(
            "the enclave has capabilities it must not have: "
                + set.getKey()
                + " is 0x"
                + Long.toHexString(set.getValue()));
      }
    }
  }

  private static boolean unprivileged(Map<String, Long> capabilities) {
    return capabilities.entrySet().stream()
        .allMatch(set -> set.getKey().equals("CapBnd") || set.getValue() == 0);
  }

  private static void filterSystemCalls(List<String> weaker) {
    try {
      SystemCallFilter.install();
    } catch (SystemCallException | UnsupportedOperationException e) {
      weaker.add("system calls are not filtered (" + e.getMessage() + ")");
    }
  }

  private static boolean lockMemory(List<String> weaker) {
    try {
      ThisProcess.lockMemory();
      return true;
    } catch (SystemCallException e) {
      weaker.add(
          "the enclave's memory is not locked (" + e.getMessage() + "), but this host has no swap");
      return false;
    }
  }

  /** Nothing but a loopback: the state of a new network namespace (proc(5), net/dev). */
  private static boolean hasNoNetwork() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/net/dev")).stream()
        .skip(2)
        .map(line -> line.substring(0, line.indexOf(':')).strip())
        .allMatch("lo"::equals);
  }

  /** Whether no other program runs as this user. (A process that is not dumpable shows as root.) */
  private static boolean ownUser(int uid) {
    if (uid == 0) {
      return false;
    }
    long own = ProcessHandle.current().pid();
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        long pid = Long.parseLong(process.getFileName().toString());
        if (pid != own && belongsTo(process, uid) && runs(process)) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** One that has ended and was not yet waited for does nothing any more (proc(5), stat). */
  private static boolean runs(Path process) {
    try {
      String stat = Files.readString(process.resolve("stat"));
      return "ZX".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) < 0;
    } catch (IOException gone) {
      return false;
    }
  }

  private static boolean belongsTo(Path process, int uid) {
    try {
      return ((Integer) Files.getAttribute(process, "unix:uid")) == uid;
    } catch (IOException gone) {
      return false;
    }
  }
}
