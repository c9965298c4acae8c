package org.shieldwall.enclave;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.shieldwall.enclave.launch.EnclaveClassPath;
import org.shieldwall.enclave.launch.EnclaveLaunch;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.posix.ChildProcess;
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
  private final EnclaveLaunch launch;
  private SwtpmProcess tpm;
  private ChildProcess enclave;

  TestHost(Path temporary) throws Exception {
    this(temporary, true);
  }

  /**
   * @param withTpm whether the enclave is handed the TPM
   */
  TestHost(Path temporary, boolean withTpm) throws Exception {
    this.withTpm = withTpm;
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
            open(Files.createDirectory(folder.resolve("vms"))),
            USER,
            List.of());
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
      return launch.start(open);
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
            launch.groups());
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
