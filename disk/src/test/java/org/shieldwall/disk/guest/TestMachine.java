package org.shieldwall.disk.guest;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.shieldwall.disk.Program;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;

/**
 * A real machine for a test: QEMU without KVM, OVMF with Secure Boot and SMM, a TPM by swtpm. What
 * the firmware says on the serial port goes to a file; the product's machines have no such port.
 */
final class TestMachine implements AutoCloseable {
  private static final Path CODE = Path.of("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd");

  /** A disk: the serial number by which a guest finds it, and its raw image. */
  record Disk(String serial, Path image) {}

  private final Path folder;
  private final SwtpmProcess tpm;
  private final Process qemu;
  private final int port;

  private TestMachine(Path folder, SwtpmProcess tpm, Process qemu, int port) {
    this.folder = folder;
    this.tpm = tpm;
    this.qemu = qemu;
    this.port = port;
  }

  /** Skips the test, visibly, where a part of the machine is not installed. */
  static void requireParts() {
    Program.require("qemu-system-x86_64", "qemu-system-x86");
    Program.require("swtpm", "swtpm");
    assumeTrue(Files.isReadable(CODE), CODE + " is missing: apt-get install ovmf");
  }

  /** Switches a machine on that has no network. */
  static TestMachine start(Path tpmState, Path variables, Disk... disks) throws IOException {
    return start(tpmState, variables, 0, List.of(disks));
  }

  /** Switches a machine on whose port 80 is reachable with {@link #awaitHttp}. */
  static TestMachine startServing(Path tpmState, Path variables, Disk... disks) throws IOException {
    return start(tpmState, variables, freePort(), List.of(disks));
  }

  /**
   * Switches a machine on.
   *
   * @param tpmState folder of the TPM's state; kept
   * @param variables flash image of the UEFI variables; written to
   * @param port of the host that is forwarded, 0 for no network
   * @param disks the first one is booted from
   */
  private static TestMachine start(Path tpmState, Path variables, int port, List<Disk> disks)
      throws IOException {
    Path folder = Files.createTempDirectory("machine");
    SwtpmProcess tpm = SwtpmProcess.start(SwtpmOptions.controlled(tpmState, folder));
    try {
      List<String> command = command(folder, tpm, variables);
      if (port != 0) {
        command.add("-netdev");
        command.add("user,id=net,hostfwd=tcp:127.0.0.1:" + port + "-:80");
        command.add("-device");
        command.add("virtio-net-pci,netdev=net,romfile=");
      }
      for (Disk disk : disks) {
        command.add("-drive");
        command.add("if=none,format=raw,id=%s,file=%s".formatted(disk.serial, disk.image));
        command.add("-device");
        String boot = disk.equals(disks.getFirst()) ? ",bootindex=0" : "";
        command.add("virtio-blk-pci,drive=%1$s,serial=%1$s%2$s".formatted(disk.serial, boot));
      }
      Process qemu =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("qemu.log").toFile())
              .start();
      return new TestMachine(folder, tpm, qemu, port);
    } catch (IOException | RuntimeException e) {
      tpm.close();
      throw e;
    }
  }

  private static List<String> command(Path folder, SwtpmProcess tpm, Path variables) {
    return new ArrayList<>(
        Arrays.asList(
            ("qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot"
                    + " -machine q35,smm=on,accel=tcg,usb=off,vmport=off -cpu max -m 512"
                    + " -global driver=cfi.pflash01,property=secure,value=on"
                    + " -global ICH9-LPC.disable_s3=1"
                    + " -drive if=pflash,format=raw,unit=0,readonly=on,file="
                    + CODE
                    + " -drive if=pflash,format=raw,unit=1,file="
                    + variables
                    + " -chardev socket,id=tpm,path="
                    + tpm.options().controlSocketPath()
                    + " -tpmdev emulator,id=tpm0,chardev=tpm -device tpm-crb,tpmdev=tpm0"
                    + " -serial file:"
                    + folder.resolve("serial"))
                .split(" ")));
  }

  /** {@return the body of {@code path} as the guest serves it; empty if it powered off instead} */
  Optional<String> awaitHttp(String path, Duration limit) throws InterruptedException {
    return await(() -> qemu.isAlive() ? get(path) : Optional.of(""), limit)
        .filter(body -> !body.isEmpty());
  }

  /** {@return whether the machine powered itself off in time} */
  boolean awaitPowerOff(Duration limit) throws InterruptedException {
    return qemu.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** {@return what the serial port said, once it said one of {@code texts}, or when time is up} */
  String awaitSerial(Duration limit, String... texts) throws InterruptedException {
    return await(
            () ->
                Optional.of(serial())
                    .filter(
                        said -> Arrays.stream(texts).anyMatch(said::contains) || !qemu.isAlive()),
            limit)
        .orElseGet(this::serial);
  }

  private String serial() {
    try {
      Path file = folder.resolve("serial");
      return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private <T> Optional<T> await(Supplier<Optional<T>> condition, Duration limit)
      throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    Optional<T> seen = condition.get();
    while (seen.isEmpty() && System.nanoTime() < end) {
      // Waiting for the machine's end is the pause between two looks.
      qemu.waitFor(100, TimeUnit.MILLISECONDS);
      seen = condition.get();
    }
    return seen;
  }

  private Optional<String> get(String path) {
    try {
      URI address = URI.create("http://127.0.0.1:" + port + path);
      HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
      connection.setConnectTimeout(1000);
      connection.setReadTimeout(1000);
      try (InputStream in = connection.getInputStream()) {
        return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() throws IOException {
    qemu.destroyForcibly();
    try {
      qemu.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    tpm.close();
    for (String name : List.of("serial", "qemu.log", "swtpm.log")) {
      Files.deleteIfExists(folder.resolve(name));
    }
    Files.deleteIfExists(tpm.options().controlSocketPath());
    Files.deleteIfExists(folder);
  }
}
