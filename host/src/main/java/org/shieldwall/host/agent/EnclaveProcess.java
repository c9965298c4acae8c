package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.ThisProcess;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.attest.TpmAddress;

/**
 * The enclave's process. Where the agent is root, the enclave gets a user of its own, an empty
 * network of its own and no capability; elsewhere it gets what an unprivileged user can give it,
 * and says in its status what is weaker for it.
 */
final class EnclaveProcess implements AutoCloseable {
  private static final String MAIN = "org.shieldwall.enclave.EnclaveMain";
  private static final String LOCK_ALL = "--memlock=unlimited:unlimited";
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
  private static final Duration STEP = Duration.ofMillis(20);

  private final EnclaveClient client;
  private final ProcessHandle process;
  private final int user;

  private EnclaveProcess(EnclaveClient client, ProcessHandle process, int user) {
    this.client = client;
    this.process = process;
    this.user = user;
  }

  /** Starts it, or finds the one that an agent before this one has started in this boot. */
  static EnclaveProcess start(HostConfig config) throws AgentException {
    boolean root = "root".equals(System.getProperty("user.name"));
    int user = root && readableByAll() ? config.enclaveUser() : -1;
    Path socket = config.enclaveRuntime().resolve("enclave.sock");
    EnclaveClient client = new EnclaveClient(socket);
    try {
      if (Files.exists(socket) && answers(client)) {
        return new EnclaveProcess(client, peer(socket), user);
      }
      Files.createDirectories(config.enclaveRuntime());
      Files.setPosixFilePermissions(
          config.enclaveRuntime(), PosixFilePermissions.fromString("rwx------"));
      if (user >= 0) {
        own(config.enclaveRuntime(), user);
      }
      TpmAddress tpm = TpmAddress.parse(config.tpm());
      List<String> line = new ArrayList<>(confinement(root, user));
      line.addAll(javaLine(config.enclaveRuntime()));
      line.addAll(List.of("--socket", socket.toString(), "--tpm", tpm.kind()));
      line.addAll(List.of("--agent", Integer.toString(ThisProcess.uid())));
      ChildProcess child;
      try (Descriptor opened = tpm.descriptor()) {
        child =
            ChildProcess.start(
                line, Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), List.of(opened));
      }
      awaitReady(child, socket, client);
      return new EnclaveProcess(client, peer(socket), user);
    } catch (IOException | IllegalArgumentException problem) {
      throw new AgentException(
          Kind.UNAVAILABLE,
          "enclave-not-started",
          "the enclave cannot be started: " + problem.getMessage(),
          "check the TPM's address in host.toml, and that util-linux is installed");
    }
  }

  /** What stands before java: as much confinement as this user can give. */
  private static List<String> confinement(boolean root, int user) throws IOException {
    List<String> line = new ArrayList<>();
    if (root) {
      line.addAll(List.of("/usr/bin/unshare", "--net", "--ipc", "--uts", "--"));
      line.addAll(List.of("/usr/bin/prlimit", "--core=0:0"));
      if (mayLockMemory()) {
        line.add(LOCK_ALL);
      }
      line.add("--");
    }
    if (user >= 0) {
      line.addAll(List.of("/usr/bin/setpriv", "--reuid=" + user, "--regid=" + user, groups()));
      line.addAll(List.of("--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"));
    }
    return line;
  }

  /** Root in a container may lack CAP_SYS_RESOURCE; the enclave then says what is weaker for it. */
  private static boolean mayLockMemory() throws IOException {
    ChildProcess trial =
        ChildProcess.start(List.of("/usr/bin/prlimit", LOCK_ALL, "/bin/true"), Map.of(), List.of());
    return trial.await(STOP_LIMIT) && trial.exit().getNow(1) == 0;
  }

  private static List<String> javaLine(Path runtime) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        // Nothing may look into the process: no attach, no agents, no dump on any occasion.
        "-XX:+DisableAttachMechanism",
        "-XX:-UsePerfData",
        "-XX:+UseSerialGC",
        "-XX:-HeapDumpOnOutOfMemoryError",
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:ErrorFile=/dev/null",
        "-Xmx256m",
        "--enable-native-access=ALL-UNNAMED",
        "-Djava.io.tmpdir=" + runtime,
        "-cp",
        System.getProperty("java.class.path"),
        MAIN);
  }

  /** The TPM's and KVM's groups, where the machine has them: the enclave needs nothing else. */
  private static String groups() throws IOException {
    List<String> ids = new ArrayList<>();
    for (Path device : List.of(Path.of("/dev/tpmrm0"), Path.of("/dev/kvm"))) {
      if (Files.exists(device)) {
        String id = Files.getAttribute(device, "unix:gid").toString();
        if (!"0".equals(id)) {
          ids.add(id);
        }
      }
    }
    return ids.isEmpty() ? "--clear-groups" : "--groups=" + String.join(",", ids);
  }

  /** Whether another user could read the program: a checkout in root's home cannot be. */
  private static boolean readableByAll() {
    List<Path> needed = new ArrayList<>();
    needed.add(Path.of(System.getProperty("java.home"), "bin", "java"));
    for (String entry : System.getProperty("java.class.path").split(":", -1)) {
      needed.add(Path.of(entry).toAbsolutePath());
    }
    return needed.stream().allMatch(EnclaveProcess::openToAll);
  }

  private static boolean openToAll(Path file) {
    try {
      if (!Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
        return false;
      }
      for (Path up = file.toRealPath().getParent(); up != null; up = up.getParent()) {
        if (!Files.getPosixFilePermissions(up).contains(PosixFilePermission.OTHERS_EXECUTE)) {
          return false;
        }
      }
      return true;
    } catch (IOException unreadable) {
      return false;
    }
  }

  static void own(Path path, int user) throws IOException {
    Files.setAttribute(path, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(path, "unix:gid", user, LinkOption.NOFOLLOW_LINKS);
  }

  private static void awaitReady(ChildProcess child, Path socket, EnclaveClient client)
      throws AgentException {
    long limit = System.nanoTime() + START_LIMIT.toNanos();
    while (System.nanoTime() < limit) {
      if (child.await(STEP)) {
        throw ended(child.exit().getNow(1), child.tail().strip());
      }
      if (Files.exists(socket) && answers(client)) {
        return;
      }
    }
    child.kill();
    throw new AgentException(
        Kind.UNAVAILABLE,
        "enclave-not-started",
        "the enclave does not answer: " + child.tail(),
        "");
  }

  private static boolean answers(EnclaveClient client) {
    try {
      return client.ask(new Request.Keys()) instanceof Answer.EnclaveKeys;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** The process behind the socket, on the kernel's word. */
  private static ProcessHandle peer(Path socket) throws IOException {
    try (UnixSocket connection = UnixSocket.connect(socket)) {
      return ProcessHandle.of(connection.peer().pid())
          .orElseThrow(() -> new IOException("the enclave ended in this moment"));
    }
  }

  private static AgentException ended(int exitCode, String said) {
    String what = said.startsWith("enclave: ") ? said.substring("enclave: ".length()) : said;
    return switch (exitCode) {
      case 4 ->
          new AgentException(
              Kind.REFUSED,
              "enclave-already-started",
              "this boot already has an enclave; nothing later in the same boot can be told from an"
                  + " impostor: "
                  + what,
              "reboot the host");
      case 3 ->
          new AgentException(
              Kind.REFUSED, "enclave-unsafe", what, "remove what it names, then start again");
      default ->
          new AgentException(
              Kind.UNAVAILABLE,
              "enclave-not-started",
              "the enclave ended with exit code " + exitCode + ": " + what,
              "");
    };
  }

  /** {@return what to ask it with} */
  EnclaveClient client() {
    return client;
  }

  /** Gives a folder to the enclave's user, where it has one. */
  void give(Path folder) throws IOException {
    if (user >= 0) {
      own(folder, user);
    }
  }

  /** {@return whether the process is there} */
  boolean isAlive() {
    return process.isAlive();
  }

  /** Ends it in order: its VMs are shut down first. */
  @Override
  public void close() {
    process.destroy();
    try {
      process.onExit().get(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException stays) {
      process.destroyForcibly();
    } catch (InterruptedException stopped) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
