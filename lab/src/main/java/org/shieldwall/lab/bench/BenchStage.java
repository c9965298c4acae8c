package org.shieldwall.lab.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.shieldwall.cli.demo.Demo;
import org.shieldwall.cli.demo.HostsTpm;
import org.shieldwall.cli.demo.StepResult;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SealedFile;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/** The demonstration's service, host and template, on which VMs are made and started. */
final class BenchStage implements AutoCloseable {
  private static final List<String> SET_UP =
      List.of("hgs-ready", "host-registered", "template-signed", "shielding-data-made");

  private final Demo demo;

  private BenchStage(Demo demo) {
    this.demo = demo;
  }

  static BenchStage at(Path work, Path template) {
    BenchStage stage = new BenchStage(new Demo(work, template, new HostsTpm.Played("")));
    try {
      for (String name : SET_UP) {
        StepResult result =
            stage.demo.steps().stream()
                .filter(step -> step.name().equals(name))
                .findFirst()
                .orElseThrow()
                .run();
        if (!result.asExpected()) {
          throw new IllegalStateException("no stage: " + name + ": " + result.outcome());
        }
      }
      return stage;
    } catch (RuntimeException failed) {
      stage.close();
      throw failed;
    }
  }

  Demo demo() {
    return demo;
  }

  /** {@return a VM's folder} */
  Path folder(String name) {
    return demo.host.store().resolve(name);
  }

  /** Makes a VM. */
  void make(String name, int memory, Object... more) {
    List<Object> line = new ArrayList<>(List.of("vm", "create", "--name", name));
    line.addAll(List.of("--template", demo.template.resolve("template.img")));
    line.addAll(List.of("--catalog", demo.work.resolve("debian-web.catalog.json")));
    line.addAll(List.of("--data", demo.work.resolve("web.shielding.json")));
    line.addAll(List.of("--memory", memory));
    line.addAll(Arrays.asList(more));
    demo.host.run(line.toArray()).orFail();
  }

  void start(String name) {
    demo.host.run("vm", "start", name).orFail();
  }

  void stop(String name) {
    demo.host.run("vm", "stop", name, "--force").orFail();
  }

  /** {@return the enclave's process, on the kernel's word} */
  ProcessHandle enclave() throws IOException {
    Path socket = demo.host.directory().resolve("run/enclave/enclave.sock");
    try (UnixSocket connection = UnixSocket.connect(socket)) {
      return ProcessHandle.of(connection.peer().pid()).orElseThrow();
    }
  }

  /** {@return the processes of this name that the enclave has started} */
  List<Long> children(String name) throws IOException {
    List<Long> found = new ArrayList<>();
    for (ProcessHandle each : enclave().descendants().toList()) {
      try {
        // The kernel keeps 15 characters.
        String known = Files.readString(Path.of("/proc/" + each.pid() + "/comm")).strip();
        if (name.startsWith(known)) {
          found.add(each.pid());
        }
      } catch (IOException gone) {
        // It ended in this moment.
      }
    }
    return found;
  }

  /**
   * {@return the transport key of the generation in a VM's folder: the owner's own key opens it}
   */
  SecretBytes transportKey(Path vm) throws ProtectorException, IOException {
    GuardianKey owner =
        GuardianKey.open(
            demo.owner.resolve("tenant.guardian-key.json"),
            new SealedFile.Unlock.KeyFile(demo.owner.resolve("owner.key")),
            new SecureRandom());
    return KeyProtector.parse(Files.readAllBytes(vm.resolve("state/protector.json")))
        .open(owner.keys(), SecretArena.plain());
  }

  @Override
  public void close() {
    demo.close();
  }
}
