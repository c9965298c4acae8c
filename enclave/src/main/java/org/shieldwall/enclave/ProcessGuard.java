package org.shieldwall.enclave;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
  private static final List<String> FORBIDDEN_OPTIONS =
      List.of(
          "-agentlib",
          "-agentpath",
          "-javaagent",
          "-Xrun",
          "-Xdebug",
          "-XX:Flags",
          "-XX:VMOptionsFile",
          "-XX:+HeapDump",
          "-XX:OnError",
          "-XX:OnOutOfMemoryError",
          "-XX:+FlightRecorder",
          "-XX:StartFlightRecording",
          "-Xlog",
          "-Dcom.sun.management",
          "--patch-module",
          "-Xbootclasspath",
          "-XX:+ManagementServer");

  private ProcessGuard() {}

  /** Why the enclave does not start. */
  static final class RefusedException extends Exception {
    RefusedException(String message) {
      super(message);
    }
  }

  /** Refuses what somebody else put around the process, then closes the process to others. */
  static Answer.Confinement enforce(HiddenMemory.Kind secrets)
      throws RefusedException, IOException {
    refuseEnvironment(System.getenv().keySet());
    refuseOptions(ManagementFactory.getRuntimeMXBean().getInputArguments());
    ThisProcess.refuseDumps();
    int tracer = ThisProcess.tracer();
    if (tracer != 0) {
      throw new RefusedException("process " + tracer + " traces the enclave");
    }
    refuseSwap(Path.of("/proc/swaps"));
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

  static void refuseOptions(List<String> options) throws RefusedException {
    for (String option : options) {
      for (String forbidden : FORBIDDEN_OPTIONS) {
        if (option.startsWith(forbidden)) {
          throw new RefusedException("the enclave does not start with " + forbidden);
        }
      }
    }
    // Of several the last counts.
    Optional<String> attach =
        options.stream()
            .filter(option -> option.endsWith("DisableAttachMechanism"))
            .reduce((first, second) -> second);
    if (!attach.equals(Optional.of("-XX:+DisableAttachMechanism"))) {
      throw new RefusedException("the enclave starts with -XX:+DisableAttachMechanism only");
    }
  }

  private static void filterSystemCalls(List<String> weaker) {
    try {
      SystemCallFilter.install();
    } catch (SystemCallException | UnsupportedOperationException e) {
      weaker.add("system calls are not filtered (" + e.getMessage() + ")");
    }
  }

  /** A guest's memory and its vTPM's are not locked: on a host that swaps they reach its disk. */
  static void refuseSwap(Path swaps) throws RefusedException, IOException {
    if (Files.readAllLines(swaps).size() > 1) {
      throw new RefusedException(
          "this host swaps: guests' memory and vTPMs would reach its disk in plain; turn swap off"
              + " (swapoff -a, and take it out of /etc/fstab)");
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
        if (pid != own && belongsTo(process, uid)) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
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
