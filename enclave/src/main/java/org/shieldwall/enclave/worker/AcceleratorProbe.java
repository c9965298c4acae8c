package org.shieldwall.enclave.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.shieldwall.enclave.posix.Descriptor;

/**
 * Whether workers can use KVM here. That {@code /dev/kvm} opens says little: under nested
 * virtualization it may lack SMM or stop at the firmware's first unusual register. So the firmware
 * itself is run, without a disk, until it has written its first variable, which takes SMM, the
 * flash and a working processor.
 */
public final class AcceleratorProbe {
  /** The variable store that the firmware's own package brings. */
  public static final Path BLANK_VARIABLES = Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd");

  private static final Path DEVICE = Path.of("/dev/kvm");
  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final Duration STEP = Duration.ofMillis(100);

  private AcceleratorProbe() {}

  /** What to use, and why. */
  public record Result(Accelerator accelerator, String why) {}

  /** Tries; takes up to a quarter of a minute. */
  public static Result run() {
    if (!Files.exists(DEVICE)) {
      return new Result(Accelerator.TCG, "this machine has no /dev/kvm");
    }
    if (!Files.isReadable(DEVICE) || !Files.isWritable(DEVICE)) {
      return new Result(Accelerator.TCG, "the enclave's user may not use /dev/kvm (group kvm)");
    }
    try {
      return firmwareRuns()
          .map(why -> new Result(Accelerator.TCG, why))
          .orElseGet(() -> new Result(Accelerator.KVM, "the firmware starts with it"));
    } catch (IOException e) {
      return new Result(Accelerator.TCG, "KVM does not start a machine here: " + firstLine(e));
    }
  }

  /** {@return why not; empty if it does} */
  private static Optional<String> firmwareRuns() throws IOException {
    byte[] blank = Files.readAllBytes(BLANK_VARIABLES);
    try (Descriptor variables = Descriptor.memory("probe")) {
      variables.write(blank);
      WorkerPlan plan =
          new WorkerPlan(
              "probe",
              Accelerator.KVM,
              1,
              256,
              variables,
              List.of(),
              Optional.empty(),
              Optional.empty(),
              false,
              false);
      try (Worker worker = Worker.start(plan)) {
        worker.proceed();
        return watch(worker, variables.path(), digest(blank));
      }
    }
  }

  private static Optional<String> watch(Worker worker, Path variables, byte[] before)
      throws IOException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      if (worker.await(STEP)) {
        return Optional.of("KVM fails while the firmware starts: " + lastLine(worker.lastWords()));
      }
      String status = worker.status();
      if (!"running".equals(status)) {
        return Optional.of("KVM stops the machine while the firmware starts: " + status);
      }
      if (!MessageDigest.isEqual(before, digest(Files.readAllBytes(variables)))) {
        return Optional.empty();
      }
    }
    return Optional.of("with KVM the firmware wrote nothing within " + LIMIT.toSeconds() + " s");
  }

  private static byte[] digest(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private static String firstLine(IOException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  private static String lastLine(String text) {
    return text.lines().reduce((first, second) -> second).orElse("it said nothing");
  }
}
