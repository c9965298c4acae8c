package org.shieldwall.enclave.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.Descriptor;

/**
 * A user of a VM's own for its QEMU, made by root: a user namespace that belongs to the enclave's
 * user and in which one user of this host stands, and nobody else. The enclave needs no capability
 * to start a worker as that user, and cannot become any other by it.
 *
 * @param vm whose it is: the same VM has the same user at each start
 * @param enclave the enclave's user
 * @param group the group its processes are to have, for {@code /dev/kvm}; empty for one of its own
 */
public record VmUser(UUID vm, int enclave, OptionalInt group) {
  // Above the ranges that distributions, adduser and systemd give out (systemd's UIDS-GIDS.md).
  private static final int FIRST = 2_000_000_000;
  private static final int COUNT = 100_000_000;

  private static final int INSIDE = 1; // as WorkerUser enters it
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration STEP = Duration.ofMillis(2);

  /** {@return the user's number} */
  public int number() {
    return FIRST + Math.floorMod(vm.hashCode(), COUNT);
  }

  /** {@return the namespace, open} It lives for as long as somebody has it open or is in it. */
  public Descriptor namespace() throws IOException {
    // Whoever makes a namespace owns it; this one then waits until it has been filled.
    ChildProcess maker =
        ChildProcess.start(
            List.of(
                "/usr/bin/setpriv",
                "--reuid",
                String.valueOf(enclave),
                "--regid",
                String.valueOf(enclave),
                "--clear-groups",
                "--",
                "/usr/bin/unshare",
                "--user",
                "--",
                "/usr/bin/sleep",
                String.valueOf(2 * LIMIT.toSeconds())),
            Map.of(),
            List.of());
    try {
      Path process = Path.of("/proc", String.valueOf(maker.pid()));
      awaitItsOwn(maker, process.resolve("ns/user"));
      fill(process.resolve("uid_map"), number());
      fill(process.resolve("gid_map"), group.orElse(number()));
      return Descriptor.open(process.resolve("ns/user"), Descriptor.Access.READ);
    } finally {
      maker.kill();
    }
  }

  private static void awaitItsOwn(ChildProcess maker, Path namespace) throws IOException {
    Path ours = Files.readSymbolicLink(Path.of("/proc/self/ns/user"));
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (Files.readSymbolicLink(namespace).equals(ours)) {
      if (maker.await(STEP) || System.nanoTime() > deadline) {
        throw new IOException("no user namespace for the VM: " + maker.tail());
      }
    }
  }

  /** One line, written at once (user_namespaces(7)). */
  private static void fill(Path map, int outside) throws IOException {
    Files.writeString(map, INSIDE + " " + outside + " 1\n");
  }
}
