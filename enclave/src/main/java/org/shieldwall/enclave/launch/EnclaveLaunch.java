package org.shieldwall.enclave.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.ThisProcess;
import org.shieldwall.enclave.posix.UnixSocket;

/**
 * Starts the enclave in a process of its own: as root under a user of its own, without a network,
 * without any privilege but that of locking memory; as anybody else inside bubblewrap, without a
 * network; and otherwise as it is. The enclave looks at what it got, refuses more privileges than
 * that, and says the rest.
 *
 * @param java home of the Java runtime
 * @param classPath absolute paths, separated by colons
 * @param socket where it is to listen; its folder belongs to the enclave's user
 * @param store the folder of the VMs' folders; it may open files there and nowhere else
 * @param user the enclave's user and group where this process is root, which never is the enclave's
 * @param groups further groups, for {@code /dev/kvm}
 * @param cache what the build recorded of a start, to start sooner
 */
public record EnclaveLaunch(
    Path java,
    String classPath,
    Path socket,
    Path store,
    int user,
    List<Integer> groups,
    Optional<Path> cache) {
  /** Exit status: this process or machine does not allow an enclave. */
  public static final int UNSAFE = 3;

  /** Exit status: this boot already has an enclave. */
  public static final int TAKEN = 4;

  /** In the place of a kind of TPM: there is none. */
  public static final String NO_TPM = "none";

  private static final String MAIN = "org.shieldwall.enclave.EnclaveMain";
  private static final String BUBBLEWRAP = "/usr/bin/bwrap";
  private static final List<String> BUBBLEWRAPPED =
      List.of(
          BUBBLEWRAP,
          "--unshare-user",
          "--unshare-net",
          "--unshare-ipc",
          "--dev-bind",
          "/",
          "/",
          "--");
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STEP = Duration.ofMillis(20);

  /**
   * What the enclave's Java runtime is started with, and it does not go on with anything else but a
   * {@link StartupCache} of root's. No attaching, no files about itself, no dump: what a crash or
   * jcmd would show of the heap.
   */
  public static final List<String> JAVA_OPTIONS =
      List.of(
          "-XX:+DisableAttachMechanism",
          "-XX:-UsePerfData",
          "-XX:-CreateCoredumpOnCrash",
          "-XX:+SuppressFatalErrorMessage",
          "-XX:+ExitOnOutOfMemoryError",
          "-XX:+UseSerialGC",
          "-Xms32m",
          "-Xmn16m",
          "-Xmx512m",
          // What HeapResidue rests on: no object survives in the young generation, a large array is
          // made in the old one, and memory for new objects is zeroed as a whole.
          "-XX:MaxTenuringThreshold=0",
          "-XX:PretenureSizeThreshold=512k",
          "-XX:+ZeroTLAB",
          "-XX:MinHeapFreeRatio=10",
          "-XX:MaxHeapFreeRatio=30",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  /** Copies the groups. */
  public EnclaveLaunch {
    groups = List.copyOf(groups);
    if (user <= 0) {
      throw new IllegalArgumentException("the enclave's user is not root");
    }
  }

  /** A TPM, open: handed to the enclave as a descriptor, since its user may open none itself. */
  public record OpenTpm(Kind kind, Descriptor descriptor) implements AutoCloseable {
    /** How commands are written to it. */
    public enum Kind {
      /** A character device. */
      DEVICE("device"),
      /** The data socket of an swtpm. */
      STREAM("stream");

      private final String word;

      Kind(String word) {
        this.word = word;
      }
    }

    /** Opens a character device. */
    public static OpenTpm device(Path path) throws IOException {
      return new OpenTpm(Kind.DEVICE, Descriptor.open(path, Descriptor.Access.READ_WRITE));
    }

    /** Connects to an swtpm. */
    public static OpenTpm swtpm(Path socket) throws IOException {
      return new OpenTpm(Kind.STREAM, UnixSocket.connect(socket).descriptor());
    }

    @Override
    public void close() {
      descriptor.close();
    }
  }

  /** The enclave did not start; the message is its own. */
  public static final class NotStartedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final OptionalInt status;

    NotStartedException(String message, OptionalInt status) {
      super(message);
      this.status = status;
    }

    /** {@return its exit status, if it ended} */
    public OptionalInt status() {
      return status;
    }
  }

  /** Starts it and waits until it listens. */
  public ChildProcess start(OpenTpm tpm) throws IOException {
    return start(command(ThisProcess.uid(), tpm.kind().word), List.of(tpm.descriptor()));
  }

  /**
   * The same without a TPM: its keys are tied to no boot, so that no quote will ever show them. For
   * hosts that prove only who they are.
   */
  public ChildProcess startWithoutTpm() throws IOException {
    return start(command(ThisProcess.uid(), NO_TPM), List.of());
  }

  private ChildProcess start(List<String> command, List<Descriptor> descriptors)
      throws IOException {
    ChildProcess enclave = ChildProcess.start(command, Map.of(), descriptors);
    long deadline = System.nanoTime() + START.toNanos();
    while (!answers()) {
      if (enclave.await(STEP)) {
        throw new NotStartedException(
            "the enclave did not start: " + enclave.tail(), OptionalInt.of(enclave.exit().join()));
      }
      if (System.nanoTime() > deadline) {
        enclave.kill();
        throw new NotStartedException(
            "the enclave did not listen within " + START.toSeconds() + " s: " + enclave.tail(),
            OptionalInt.empty());
      }
    }
    return enclave;
  }

  /** It listens before it claims the boot, and answers after that. */
  private boolean answers() {
    if (!Files.exists(socket)) {
      return false;
    }
    try {
      return new EnclaveClient(socket).ask(new Request.Keys()) instanceof Answer.EnclaveKeys;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * {@return the line that starts it}
   *
   * @param agent the agent's user, who is this process's
   * @param tpm {@code device}, {@code stream} or {@link #NO_TPM}
   */
  public List<String> command(int agent, String tpm) {
    List<String> command = new ArrayList<>(confinement(agent));
    command.add(java.resolve("bin/java").toString());
    command.addAll(JAVA_OPTIONS);
    cache.ifPresent(file -> command.add(StartupCache.option(file)));
    command.addAll(List.of("-cp", classPath, MAIN));
    command.addAll(List.of("--socket", socket.toString(), "--store", store.toString()));
    command.addAll(List.of("--tpm", tpm));
    command.addAll(List.of("--agent", String.valueOf(agent)));
    return command;
  }

  private List<String> confinement(int agent) {
    if (agent != 0) {
      return Files.isExecutable(Path.of(BUBBLEWRAP)) ? BUBBLEWRAPPED : List.of();
    }
    // Locking memory is the one thing it may do that others may not, whatever the limit is.
    String lock = "-all,+ipc_lock";
    List<String> command = new ArrayList<>(List.of("/usr/bin/unshare", "--net", "--ipc", "--"));
    command.addAll(List.of("/usr/bin/setpriv", "--reuid", "" + user, "--regid", "" + user));
    command.addAll(groupsOption());
    command.addAll(List.of("--no-new-privs", "--inh-caps", lock, "--ambient-caps", lock));
    command.addAll(List.of("--bounding-set", lock, "--"));
    return command;
  }

  private List<String> groupsOption() {
    return groups.isEmpty()
        ? List.of("--clear-groups")
        : List.of("--groups", String.join(",", groups.stream().map(String::valueOf).toList()));
  }
}
