package org.shieldwall.lab.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.cli.demo.PlayedMachine;
import org.shieldwall.cli.demo.Trees;
import org.shieldwall.enclave.launch.EnclaveClassPath;
import org.shieldwall.enclave.launch.EnclaveLaunch;
import org.shieldwall.enclave.launch.StartupCache;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.host.HostConfig;

/** How long the enclave takes from its command to its first answer, its keys tied to the boot. */
final class EnclaveStart {
  private static final double LIMIT_SECONDS = 0.7;

  private EnclaveStart() {}

  static List<Figure> measure(BenchStage stage, int times) throws Exception {
    List<Double> seconds = new ArrayList<>();
    List<Double> computed = new ArrayList<>();
    Path folder = Files.createTempDirectory(stage.demo().work, "enclave");
    // The enclave's user must come through.
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    try (PlayedMachine machine = new PlayedMachine(folder.resolve("machine"))) {
      Path copies = Files.createDirectory(folder.resolve("classes"));
      String classes = EnclaveClassPath.prepare(copies);
      Optional<Path> cache = StartupCache.prepare(classes, copies);
      for (int i = 0; i < times; i++) {
        machine.boot(stage.demo().bootLog);
        Path door = Files.createDirectory(folder.resolve("door" + i));
        Files.setAttribute(door, "unix:uid", HostConfig.ENCLAVE_USER);
        Files.setAttribute(door, "unix:gid", HostConfig.ENCLAVE_USER);
        EnclaveLaunch launch =
            new EnclaveLaunch(
                Path.of(System.getProperty("java.home")),
                classes,
                door.resolve("socket"),
                folder,
                HostConfig.ENCLAVE_USER,
                List.of(),
                cache);
        try (EnclaveLaunch.OpenTpm tpm =
            EnclaveLaunch.OpenTpm.swtpm(Path.of(machine.tpmPlace().substring("swtpm:".length())))) {
          long began = System.nanoTime();
          ChildProcess enclave = launch.start(tpm);
          seconds.add((System.nanoTime() - began) / 1e9);
          computed.add(ManyMachines.ticks(enclave.pid()) / 100.0);
          enclave.kill();
          enclave.exit().join();
        }
      }
    } finally {
      Trees.delete(folder);
    }
    return List.of(
        Figure.atMost("enclave start", "s", median(seconds), LIMIT_SECONDS)
            .noting("median of " + times + ": from its command to its first answer"),
        Figure.plain("processor time of that, all threads", "s", median(computed)));
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
