package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.shieldwall.enclave.launch.EnclaveClassPath;
import org.shieldwall.enclave.launch.EnclaveLaunch;
import org.shieldwall.enclave.launch.StartupCache;
import org.shieldwall.enclave.launch.VmUser;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.ThisProcess;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.attest.AttestationSetting;
import org.shieldwall.host.attest.TpmAddress;

/**
 * The enclave's process. Where the agent is root, the enclave gets a user of its own, an empty
 * network of its own and no capability; elsewhere it gets what an unprivileged user can give it,
 * and says in its status what is weaker for it.
 */
final class EnclaveProcess implements AutoCloseable {
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  private final EnclaveClient client;
  private final ProcessHandle process;
  private final OptionalInt user;

  private EnclaveProcess(EnclaveClient client, ProcessHandle process, OptionalInt user) {
    this.client = client;
    this.process = process;
    this.user = user;
  }

  /** Starts it, or finds the one that an agent before this one has started in this boot. */
  static EnclaveProcess start(HostConfig config) throws AgentException {
    Path socket = config.enclaveRuntime().resolve("enclave.sock");
    EnclaveClient client = new EnclaveClient(socket);
    try {
      OptionalInt user = user(config);
      if (Files.exists(socket) && answers(client)) {
        return new EnclaveProcess(client, peer(socket), user);
      }
      sweep(config);
      Path copies = Files.createDirectories(config.runtime().resolve("classes"));
      Files.createDirectories(config.enclaveRuntime());
      Files.setPosixFilePermissions(
          config.enclaveRuntime(), PosixFilePermissions.fromString("rwx------"));
      Files.createDirectories(config.store());
      if (user.isPresent()) {
        own(config.enclaveRuntime(), user.getAsInt());
      }
      String classPath = EnclaveClassPath.prepare(copies);
      EnclaveLaunch launch =
          new EnclaveLaunch(
              Path.of(System.getProperty("java.home")),
              classPath,
              socket.toAbsolutePath(),
              config.store().toRealPath(),
              config.enclaveUser(),
              groups(),
              user.isPresent() ? StartupCache.prepare(classPath, copies) : Optional.empty());
      start(launch, config);
      return new EnclaveProcess(client, peer(socket), user);
    } catch (EnclaveLaunch.NotStartedException ended) {
      throw notStarted(ended);
    } catch (IOException | IllegalArgumentException problem) {
      throw new AgentException(
          Kind.UNAVAILABLE,
          "enclave-not-started",
          "the enclave cannot be started: " + problem.getMessage(),
          "check the TPM's address in host.toml, and that util-linux is installed");
    }
  }

  /** Only in TPM mode does a TPM vouch for the enclave: in the others the host may have none. */
  private static void start(EnclaveLaunch launch, HostConfig config) throws IOException {
    if (config.attestation() instanceof AttestationSetting.Tpm) {
      try (EnclaveLaunch.OpenTpm opened = TpmAddress.parse(config.tpm()).openForEnclave()) {
        launch.start(opened);
      }
    } else {
      launch.startWithoutTpm();
    }
  }

  /** No enclave runs, so no VM does: whatever else lies in the run folder was left behind. */
  private static void sweep(HostConfig config) throws IOException {
    List<Path> left = new ArrayList<>();
    try (Stream<Path> entries = Files.list(config.runtime())) {
      for (Path entry : entries.filter(each -> !each.equals(config.agentSocket())).toList()) {
        try (Stream<Path> tree = Files.walk(entry)) {
          left.addAll(tree.toList());
        }
      }
    }
    for (Path each : left.reversed()) {
      Files.deleteIfExists(each);
    }
  }

  /**
   * A user of its own, which only root can give it. What that user cannot get at is said: the
   * enclave is not started as root instead.
   */
  private static OptionalInt user(HostConfig config) throws IOException, AgentException {
    if (ThisProcess.uid() != 0) {
      return OptionalInt.empty();
    }
    Path java = Path.of(System.getProperty("java.home"), "bin");
    for (Path needed : List.of(java, config.directory())) {
      Optional<Path> closed = EnclaveClassPath.closedFolder(needed);
      if (closed.isPresent()) {
        throw new AgentException(
            Kind.REFUSED,
            "enclave-shut-out",
            "the enclave runs as user "
                + config.enclaveUser()
                + ", who cannot get at "
                + needed
                + ": "
                + closed.get()
                + " is closed to others",
            (needed.equals(java)
                    ? "install a Java runtime that all users can run, or "
                    : "keep the host's files in /var/lib/shieldwall/host, or ")
                + "chmod o+x "
                + closed.get());
      }
    }
    return OptionalInt.of(config.enclaveUser());
  }

  /** KVM's group, where the machine has it: the enclave needs no other. */
  private static List<Integer> groups() throws IOException {
    Path kvm = Path.of("/dev/kvm");
    return Files.exists(kvm) ? List.of((Integer) Files.getAttribute(kvm, "unix:gid")) : List.of();
  }

  static void own(Path path, int user) throws IOException {
    Files.setAttribute(path, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(path, "unix:gid", user, LinkOption.NOFOLLOW_LINKS);
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

  private static AgentException notStarted(EnclaveLaunch.NotStartedException ended) {
    String what =
        String.valueOf(ended.getMessage())
            .replace("enclave did not start: enclave: ", "enclave did not start: ");
    return switch (ended.status().orElse(-1)) {
      case EnclaveLaunch.TAKEN ->
          new AgentException(
              Kind.REFUSED,
              "enclave-already-started",
              what + ". Nothing later in the same boot can be told from an impostor",
              "reboot the host");
      case EnclaveLaunch.UNSAFE ->
          new AgentException(
              Kind.REFUSED, "enclave-unsafe", what, "remove what it names, then start again");
      default -> new AgentException(Kind.UNAVAILABLE, "enclave-not-started", what, "");
    };
  }

  /** {@return what to ask it with} */
  EnclaveClient client() {
    return client;
  }

  /** {@return a user of its own for a VM's worker}; empty where this process may make none */
  Optional<Descriptor> userOf(UUID vm) throws IOException {
    if (user.isEmpty()) {
      return Optional.empty();
    }
    List<Integer> kvm = groups();
    OptionalInt group = kvm.isEmpty() ? OptionalInt.empty() : OptionalInt.of(kvm.getFirst());
    return Optional.of(new VmUser(vm, user.getAsInt(), group).namespace());
  }

  /** Gives a folder to the enclave's user, where it has one. */
  void give(Path folder) throws IOException {
    if (user.isPresent()) {
      own(folder, user.getAsInt());
    }
  }

  /** The same with all that is in it. */
  void giveAll(Path folder) throws IOException {
    if (user.isPresent()) {
      try (Stream<Path> tree = Files.walk(folder)) {
        for (Path each : tree.toList()) {
          own(each, user.getAsInt());
        }
      }
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
