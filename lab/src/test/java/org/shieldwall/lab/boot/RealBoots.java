package org.shieldwall.lab.boot;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.shieldwall.disk.uefi.EfiTime;
import org.shieldwall.disk.uefi.EfiVariable;
import org.shieldwall.disk.uefi.SecureBootPolicy;
import org.shieldwall.disk.uefi.UefiVariableStore;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;

/**
 * Measured hosts that boot in QEMU: OVMF with Secure Boot, a TPM with an endorsement certificate, a
 * signed kernel image, IMA. Each boot is kept under build/ for as long as what it is made of stays
 * the same, so that it is made once for all tests.
 */
public final class RealBoots {
  private static final Path ROOT = Path.of(System.getProperty("shieldwall.root"));

  /** Counted up when this class boots hosts in another way. */
  private static final String METHOD = "2";

  private static final Duration LIMIT = Duration.ofSeconds(150);
  private static final Map<HostVariant, Object> LOCKS = new ConcurrentHashMap<>();

  private RealBoots() {}

  /** {@return the images and TPMs; skips the test, visibly, where they cannot be made} */
  static Path parts() throws IOException {
    requireProgram("qemu-system-x86_64", "qemu-system-x86");
    requireProgram("swtpm", "swtpm");
    requireProgram("swtpm_setup", "swtpm-tools");
    for (HostVariant.Firmware each : HostVariant.Firmware.values()) {
      assumeTrue(
          Files.isReadable(each.code()) && Files.isReadable(each.variables()),
          each.code() + " or its variables are missing: apt-get install ovmf");
    }
    Path said = Files.createTempFile("hosts", ".log");
    try {
      Process process =
          new ProcessBuilder(ROOT.resolve("guest/build-hosts").toString())
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
      boolean ended = process.waitFor(5, TimeUnit.MINUTES);
      if (!ended) {
        process.destroy();
      }
      boolean made = ended && process.exitValue() == 0;
      assumeTrue(made, "guest/build-hosts: " + Files.readString(said));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } finally {
      Files.delete(said);
    }
    return ROOT.resolve("build/hosts");
  }

  private static void requireProgram(String program, String debianPackage) {
    boolean found =
        Stream.of("/usr/local/bin", "/usr/bin", "/usr/sbin", "/bin", "/sbin")
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    assumeTrue(found, program + " is missing: apt-get install " + debianPackage);
  }

  /** {@return these boots; those not there yet are made two at a time} */
  static List<BootedHost> all(HostVariant... variants) throws IOException {
    Path parts = parts();
    try (ExecutorService two = Executors.newFixedThreadPool(2)) {
      List<Future<BootedHost>> boots = new ArrayList<>();
      for (HostVariant each : variants) {
        boots.add(two.submit(() -> boot(parts, each)));
      }
      List<BootedHost> booted = new ArrayList<>();
      for (Future<BootedHost> each : boots) {
        booted.add(each.get());
      }
      return booted;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new AssertionError("a host did not boot", e.getCause());
    }
  }

  /** {@return this boot} */
  static BootedHost of(HostVariant variant) throws IOException {
    return all(variant).getFirst();
  }

  private static BootedHost boot(Path parts, HostVariant variant) throws IOException {
    synchronized (LOCKS.computeIfAbsent(variant, _ -> new Object())) {
      Path boots = Files.createDirectories(ROOT.resolve("build/boots"));
      try (FileChannel lock =
              FileChannel.open(
                  boots.resolve("." + variant.label() + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          var _ = lock.lock()) {
        Path kept = boots.resolve(variant.label());
        String made = inputs(parts, variant.firmware());
        Path stamp = kept.resolve("inputs");
        if (!Files.exists(stamp) || !Files.readString(stamp).equals(made)) {
          remove(kept);
          Path work = Files.createTempDirectory(boots, ".");
          try {
            new RealBoot(parts, variant, work).run();
            // A boot that was cut off says nothing, and is not kept for the next test either.
            new BootedHost(variant, work).eventLog();
            Files.writeString(work.resolve("inputs"), made);
            Files.move(work, kept, StandardCopyOption.ATOMIC_MOVE);
          } finally {
            remove(work);
          }
        }
        return new BootedHost(variant, kept);
      }
    }
  }

  private static String inputs(Path parts, HostVariant.Firmware firmware) throws IOException {
    Bytes flash =
        TpmHash.SHA256.hash(
            Bytes.concat(
                Bytes.of(Files.readAllBytes(firmware.code())),
                Bytes.of(Files.readAllBytes(firmware.variables()))));
    return METHOD + " " + Files.readString(parts.resolve("inputs")) + flash.hex();
  }

  private static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  /** One boot into a folder of its own. */
  private record RealBoot(Path parts, HostVariant variant, Path work) {
    void run() throws IOException {
      Path run = Files.createTempDirectory("host");
      Path state = Files.createDirectory(work.resolve("tpm"));
      Files.copy(
          parts.resolve("tpm").resolve(variant.machine().label()).resolve("tpm2-00.permall"),
          state.resolve("tpm2-00.permall"));
      Files.write(run.resolve("vars.fd"), variables().toBytes());
      Files.copy(parts.resolve(variant.image() + ".img"), run.resolve("boot.img"));
      try (RandomAccessFile log = new RandomAccessFile(work.resolve("log.img").toFile(), "rw")) {
        log.setLength(1 << 20);
      }
      try (SwtpmProcess tpm = SwtpmProcess.start(SwtpmOptions.controlled(state, run))) {
        Process qemu =
            new ProcessBuilder(command(run, tpm.options().controlSocketPath()))
                .redirectErrorStream(true)
                .redirectOutput(run.resolve("qemu.log").toFile())
                .start();
        try (Monitor monitor = Monitor.connect(qemu, run.resolve("qmp"))) {
          monitor.awaitPowerOff(LIMIT);
          monitor.writeState(run.resolve("state"));
          monitor.quit();
        } finally {
          qemu.destroy();
          qemu.onExit().join();
        }
      }
      MigrationStream tpm = MigrationStream.parse(Files.readAllBytes(run.resolve("state")));
      Files.write(state.resolve("tpm2-00.permall"), tpm.permanent().toArray());
      Files.write(state.resolve("tpm2-00.volatilestate"), tpm.volatileState().toArray());
      Files.deleteIfExists(state.resolve(".lock"));
      remove(run);
    }

    private UefiVariableStore variables() throws IOException {
      try (InputStream in = Files.newInputStream(parts.resolve("secureboot.crt"))) {
        X509Certificate certificate =
            (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        HostVariant.Firmware firmware = variant.firmware();
        UefiVariableStore store =
            SecureBootPolicy.of(List.of(Bytes.of(certificate.getEncoded())), firmware.forbidden())
                .enrolInto(
                    UefiVariableStore.parse(Files.readAllBytes(firmware.variables())),
                    LocalDateTime.of(2026, 1, 1, 0, 0));
        return variant.secureBoot() ? store : switchedOff(store);
      } catch (IOException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError("no variables", e);
      }
    }

    /** What the firmware's own setup does when Secure Boot is unticked: the keys stay. */
    private static UefiVariableStore switchedOff(UefiVariableStore store) throws Exception {
      EfiVariable on =
          store.variables().stream()
              .filter(each -> each.name().equals("SecureBootEnable"))
              .findFirst()
              .orElseThrow();
      return store.with(
          new EfiVariable(on.name(), on.vendor(), on.attributes(), EfiTime.NONE, Bytes.zeros(1)));
    }

    private List<String> command(Path run, Path tpm) {
      List<String> words =
          new ArrayList<>(
              List.of(
                  ("qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot"
                          + " -no-shutdown -machine q35,smm=on,accel=tcg,usb=off,vmport=off"
                          + " -cpu max -smp 1 -m 256"
                          + " -global driver=cfi.pflash01,property=secure,value=on"
                          + " -global ICH9-LPC.disable_s3=1"
                          + " -drive if=pflash,format=raw,unit=0,readonly=on,file="
                          + variant.firmware().code()
                          + " -drive if=pflash,format=raw,unit=1,file="
                          + run.resolve("vars.fd")
                          + " -chardev socket,id=tpm,path="
                          + tpm
                          + " -tpmdev emulator,id=tpm0,chardev=tpm -device tpm-crb,tpmdev=tpm0"
                          + " -qmp unix:"
                          + run.resolve("qmp")
                          + ",server=on,wait=off")
                      .split(" ")));
      disk(words, "boot", run.resolve("boot.img"), ",bootindex=0");
      disk(words, "log", work.resolve("log.img"), "");
      variant.firmware().card().ifPresent(card -> words.addAll(List.of("-device", card)));
      variant.payload().ifPresent(name -> disk(words, "payload", parts.resolve(name), ""));
      return words;
    }

    private static void disk(List<String> words, String serial, Path image, String boot) {
      String readOnly = serial.equals("payload") ? ",readonly=on" : "";
      words.addAll(
          List.of(
              "-drive",
              "if=none,format=raw,id=%s,file=%s%s".formatted(serial, image, readOnly),
              "-device",
              "virtio-blk-pci,drive=%1$s,serial=%1$s%2$s".formatted(serial, boot)));
    }
  }

  /** Reads a file that is sure to be there. */
  static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
