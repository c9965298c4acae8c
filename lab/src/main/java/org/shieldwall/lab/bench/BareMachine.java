package org.shieldwall.lab.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.enclave.state.SealedVariables;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretBytes;

/** A VM's own QEMU and swtpm, with the command lines they had, and nothing around them. */
final class BareMachine implements AutoCloseable {
  private static final Pattern SWTPM_FOLDER = Pattern.compile("dir=[^,]*");
  private static final Duration SOON = Duration.ofSeconds(30);

  private final List<Descriptor> open;
  private final List<UnixSocket> sockets;
  private final List<String> qemu;
  private final List<Descriptor> inherited;
  private final UnixSocket monitor;
  private final ChildProcess swtpm;
  private final List<ChildProcess> running = new ArrayList<>();

  /**
   * What a VM ran as.
   *
   * @param seconds it took to its first packet
   */
  record Recorded(List<String> qemu, List<String> swtpm, double seconds) {}

  private BareMachine(
      List<Descriptor> open,
      List<UnixSocket> sockets,
      List<String> qemu,
      List<Descriptor> inherited,
      UnixSocket monitor,
      ChildProcess swtpm) {
    this.open = open;
    this.sockets = sockets;
    this.qemu = qemu;
    this.inherited = inherited;
    this.monitor = monitor;
    this.swtpm = swtpm;
  }

  /** Opens the copy of a VM's folder with the owner's keys, and starts its vTPM. */
  static BareMachine prepare(BenchStage stage, Path vm, Recorded recorded, String device)
      throws Exception {
    List<Descriptor> open = new ArrayList<>();
    UnixSocket.Pair control = UnixSocket.pair();
    UnixSocket.Pair monitor = UnixSocket.pair();
    try (SecretBytes root = stage.transportKey(vm)) {
      ChildProcess swtpm = swtpm(vm, recorded, root, control.there().descriptor());
      Descriptor variables = Descriptor.memory("variables");
      open.add(variables);
      variables.write(variables(vm, root));
      Descriptor disk = Descriptor.open(vm.resolve("disk.img"), Descriptor.Access.READ_WRITE);
      open.add(disk);
      Descriptor seed = Descriptor.open(vm.resolve("seed.img"), Descriptor.Access.READ_WRITE);
      open.add(seed);
      Descriptor tap = Descriptor.tap(device);
      open.add(tap);
      // In the order in which the enclave hands them over: their numbers are on the command line.
      List<Descriptor> inherited =
          List.of(
              monitor.there().descriptor(),
              variables,
              disk,
              seed,
              control.here().descriptor(),
              tap);
      return new BareMachine(
          open,
          List.of(control.here(), control.there(), monitor.here(), monitor.there()),
          recorded.qemu(),
          inherited,
          monitor.here(),
          swtpm);
    }
  }

  private static ChildProcess swtpm(
      Path vm, Recorded recorded, SecretBytes root, Descriptor control) throws Exception {
    Path state = vm.resolve("state").toRealPath().resolve("vtpm");
    List<String> line = new ArrayList<>();
    for (String word : recorded.swtpm()) {
      Matcher folder = SWTPM_FOLDER.matcher(word);
      line.add(folder.find() ? folder.replaceFirst("dir=" + state) : word);
    }
    Descriptor.Pipe pipe = Descriptor.pipe();
    try (SecretBytes key = root.derive(KeyLabel.VTPM_STATE)) {
      ChildProcess started = ChildProcess.start(line, Map.of(), List.of(control, pipe.read()));
      key.<Boolean, IOException>exposeMemory(
          SecretAccess.because("state key of a vTPM, into its pipe"),
          memory -> {
            pipe.write().write(memory);
            return true;
          });
      return started;
    } finally {
      pipe.read().close();
      pipe.write().close();
    }
  }

  private static byte[] variables(Path vm, SecretBytes root) throws Exception {
    KeyProtector protector =
        KeyProtector.parse(Files.readAllBytes(vm.resolve("state/protector.json")));
    try (SecretBytes key = root.derive(KeyLabel.UEFI_VARIABLES)) {
      return SealedVariables.open(
          Files.readAllBytes(vm.resolve("state/uefi.vars")),
          key,
          protector.vm().orElseThrow(),
          protector.generation());
    }
  }

  /** Starts QEMU, and lets the guest run. */
  void powerOn() throws IOException {
    running.add(ChildProcess.start(qemu, Map.of(), inherited));
    say("qmp_capabilities");
    say("cont");
  }

  private void say(String command) throws IOException {
    String line = "{\"execute\":\"" + command + "\"}\n";
    monitor.send(line.getBytes(StandardCharsets.US_ASCII), List.of(), SOON);
    byte[] buffer = new byte[64 * 1024];
    StringBuilder said = new StringBuilder();
    while (!said.toString().contains("\"return\"")) {
      if (!monitor.awaitReadable(SOON)) {
        throw new IOException("QEMU does not answer: " + running.getLast().tail());
      }
      int count = monitor.receiveSome(buffer, 0, buffer.length);
      if (count == 0) {
        throw new IOException("QEMU ended: " + running.getLast().tail());
      }
      said.append(new String(buffer, 0, count, StandardCharsets.US_ASCII));
    }
  }

  @Override
  public void close() {
    running.forEach(ChildProcess::kill);
    running.forEach(process -> process.await(SOON));
    swtpm.kill();
    swtpm.await(SOON);
    sockets.forEach(UnixSocket::close);
    open.forEach(Descriptor::close);
  }
}
