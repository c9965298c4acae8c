package org.shieldwall.enclave;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.shieldwall.enclave.launch.EnclaveClassPath;
import org.shieldwall.enclave.launch.EnclaveLaunch;
import org.shieldwall.enclave.launch.VmUser;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.ThisProcess;
import org.shieldwall.enclave.worker.Sandbox;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.ReleasedHost;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;

/** A host with a TPM of its own and an enclave in a real process, below one folder. */
final class TestHost implements AutoCloseable {
  // Of this run alone: another one on this machine would make it a user of two.
  private static final int USER = 63_000 + (int) (ProcessHandle.current().pid() % 2_000);

  private final Path folder;
  private final boolean withTpm;
  private final boolean ownMounts;
  private final EnclaveLaunch launch;
  private SwtpmProcess tpm;
  private ChildProcess enclave;

  TestHost(Path temporary) throws Exception {
    this(temporary, true, false);
  }

  /**
   * @param withTpm whether the enclave is handed the TPM
   * @param ownMounts whether the enclave has a mount namespace, for {@link #swaps}
   */
  TestHost(Path temporary, boolean withTpm, boolean ownMounts) throws Exception {
    this(temporary, withTpm, ownMounts, Optional.empty());
  }

  /** A host whose VMs lie where those of {@code other} do, as on storage that both have. */
  static TestHost sharing(Path temporary, TestHost other) throws Exception {
    return new TestHost(temporary, true, false, Optional.of(other.launch.store()));
  }

  private TestHost(Path temporary, boolean withTpm, boolean ownMounts, Optional<Path> store)
      throws Exception {
    this.withTpm = withTpm;
    this.ownMounts = ownMounts;
    assumeTrue(Sandbox.available(), "SKIPPED: needs the package bubblewrap");
    assumeTrue(Files.exists(Path.of("/usr/bin/swtpm")), "SKIPPED: needs the package swtpm");
    folder = temporary;
    open(temporary);
    Path door = open(Files.createDirectory(folder.resolve("door")));
    launch =
        new EnclaveLaunch(
            Path.of(System.getProperty("java.home")),
            EnclaveClassPath.prepare(open(Files.createDirectory(folder.resolve("classes")))),
            door.resolve("socket"),
            store.isPresent() ? store.get() : open(Files.createDirectory(folder.resolve("vms"))),
            USER,
            List.of(),
            Optional.empty());
    giveToEnclave(door);
    Files.createDirectory(folder.resolve("tpm"));
    tpm = startTpm();
    enclave = startEnclave();
  }

  private static Path open(Path path) throws IOException {
    return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx--x--x"));
  }

  private SwtpmProcess startTpm() throws IOException {
    Path place = folder.resolve("tpm");
    return SwtpmProcess.start(SwtpmOptions.standalone(place, place));
  }

  ChildProcess startEnclave() throws IOException {
    if (!withTpm) {
      return launch.startWithoutTpm();
    }
    try (EnclaveLaunch.OpenTpm open = EnclaveLaunch.OpenTpm.swtpm(tpm.options().dataSocketPath())) {
      return ownMounts ? startWithOwnMounts(open) : launch.start(open);
    }
  }

  private ChildProcess startWithOwnMounts(EnclaveLaunch.OpenTpm open) throws IOException {
    List<String> line = new ArrayList<>(List.of("/usr/bin/unshare", "--mount", "--"));
    line.addAll(launch.command(0, "stream"));
    ChildProcess child = ChildProcess.start(line, Map.of(), List.of(open.descriptor()));
    while (!answers()) {
      if (child.await(java.time.Duration.ofMillis(20))) {
        throw new IOException("the enclave did not start: " + child.tail());
      }
    }
    return child;
  }

  private boolean answers() {
    try {
      return client().ask(new Request.Keys()) instanceof Answer.EnclaveKeys;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** Starts a second enclave in the same boot, with a door of its own. */
  ChildProcess startSecondEnclave() throws IOException {
    Path door = open(Files.createDirectory(folder.resolve("second")));
    giveToEnclave(door);
    EnclaveLaunch second =
        new EnclaveLaunch(
            launch.java(),
            launch.classPath(),
            door.resolve("socket"),
            launch.store(),
            launch.user(),
            launch.groups(),
            launch.cache());
    try (EnclaveLaunch.OpenTpm open = EnclaveLaunch.OpenTpm.swtpm(tpm.options().dataSocketPath())) {
      return second.start(open);
    }
  }

  /** Everything ends at once, and the machine is switched on again. */
  void reboot() throws IOException {
    enclave.kill();
    enclave.await(java.time.Duration.ofSeconds(10));
    tpm.close();
    tpm = startTpm();
    enclave = startEnclave();
  }

  void giveToEnclave(Path path) throws IOException {
    if (ThisProcess.uid() == 0) {
      Files.setAttribute(path, "unix:uid", USER);
      Files.setAttribute(path, "unix:gid", USER);
    }
  }

  /** Has the enclave, and nobody else, see {@code areas} as what this host swaps to. */
  void swaps(Path areas) throws Exception {
    inItsMounts("mount", "--bind", areas.toString(), "/proc/swaps");
  }

  /** Ends that. */
  void swapsNoMore() throws Exception {
    inItsMounts("umount", "/proc/swaps");
  }

  private void inItsMounts(String... command) throws Exception {
    List<String> line = new ArrayList<>();
    line.addAll(List.of("nsenter", "--mount=/proc/" + enclave.pid() + "/ns/mnt", "--"));
    line.addAll(List.of(command));
    TestVm.run(line.toArray(String[]::new));
  }

  /** {@return a user of its own for a VM's worker, as an agent that is root hands it in} */
  Descriptor userOf(UUID vm) throws IOException {
    return new VmUser(vm, USER, OptionalInt.empty()).namespace();
  }

  Path newVmDirectory(String name) throws IOException {
    Path path = Files.createDirectory(launch.store().resolve(name));
    giveToEnclave(path);
    return path;
  }

  EnclaveClient client() {
    return new EnclaveClient(launch.socket());
  }

  Path socket() {
    return launch.socket();
  }

  ChildProcess enclave() {
    return enclave;
  }

  /** {@return what a service that had looked would say of it} */
  ReleasedHost released() throws Exception {
    try (Tpm connected = tpm.connect()) {
      if (!withTpm) {
        connected.startup(Tpm.StartupType.CLEAR);
      }
      return new ReleasedHost(
          Assurance.TPM, "host", OwnHost.of(connected).identity().orElseThrow(), List.of());
    }
  }

  SwtpmProcess tpm() {
    return tpm;
  }

  @Override
  public void close() {
    if (!enclave.alive()) {
      System.err.println("the enclave ended with " + enclave.exit().join() + ": " + enclave.tail());
    }
    enclave.kill();
    enclave.await(java.time.Duration.ofSeconds(10));
    tpm.close();
  }
}
