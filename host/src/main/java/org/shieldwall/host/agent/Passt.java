package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.SystemCallException;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.vm.PortForward;

/**
 * A guest's way to the network: passt, which needs no privilege, runs outside of the enclave's
 * empty network and is spoken to over one connected socket. It ends when the guest does.
 */
final class Passt implements GuestLink {
  private static final int NOBODY = 65534;
  private static final long START_SECONDS = 10;

  private final Process process;
  private final UnixSocket connection;

  /** This host is connected to nothing. */
  private static final class NoRouteException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private Passt(Process process, UnixSocket connection) {
    this.process = process;
    this.connection = connection;
  }

  /**
   * Starts it.
   *
   * @param folder a folder of its own for its socket; made here. The log lies beside it, where
   *     passt's user cannot put a link in its place for this process to write through
   * @return nothing where this host has no route to any network, which passt could share
   */
  static Optional<Passt> start(Path folder, List<PortForward> forwards) throws AgentException {
    Path socket = folder.resolve("net.sock");
    Path log = LeftNetworks.beside(folder, ".log");
    try {
      Files.createDirectories(folder);
      if ("root".equals(System.getProperty("user.name"))) {
        // passt gives up root for nobody before it makes its socket.
        EnclaveProcess.own(folder, NOBODY);
      }
      Files.deleteIfExists(socket);
      List<String> line = new ArrayList<>();
      line.addAll(List.of("passt", "--foreground", "--one-off"));
      line.addAll(List.of("--socket", socket.toString(), "--udp-ports", "none"));
      if (forwards.isEmpty()) {
        line.addAll(List.of("--tcp-ports", "none"));
      }
      for (PortForward forward : forwards) {
        line.add("--tcp-ports");
        line.add(forward.address() + "/" + forward.hostPort() + ":" + forward.guestPort());
      }
      Process process =
          new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile()).start();
      return Optional.of(new Passt(process, connect(process, socket, log, forwards)));
    } catch (NoRouteException none) {
      return Optional.empty();
    } catch (IOException problem) {
      throw unavailable(problem.getMessage() + "", "apt-get install passt");
    }
  }

  private static UnixSocket connect(
      Process process, Path socket, Path log, List<PortForward> forwards)
      throws IOException, AgentException {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    try {
      while (true) {
        if (Files.exists(socket)) {
          try {
            return UnixSocket.connect(socket);
          } catch (SystemCallException e) {
            if (e.errno() != SystemCallException.ECONNREFUSED) {
              throw e;
            }
            // It has made its socket, and does not listen yet.
          }
        }
        if (process.waitFor(10, TimeUnit.MILLISECONDS)) {
          String said = Files.readString(log);
          if (said.contains("routable interface")) {
            throw new NoRouteException();
          }
          throw ended(said, forwards);
        }
        if (System.nanoTime() > limit) {
          throw unavailable("it did not open its socket", "see " + log);
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw unavailable("interrupted", "");
    } catch (IOException | AgentException failed) {
      process.destroy();
      throw failed;
    }
  }

  private static AgentException ended(String log, List<PortForward> forwards) {
    if (log.contains("Failed to bind")) {
      return new AgentException(
          Kind.UNAVAILABLE,
          "port-taken",
          "a port to forward is in use: " + forwards,
          "stop what listens there, or create the VM with another --forward");
    }
    return unavailable(log.strip(), "");
  }

  private static AgentException unavailable(String why, String remedy) {
    return new AgentException(
        Kind.UNAVAILABLE,
        "network-not-started",
        "the guest's network did not start: " + why,
        remedy);
  }

  @Override
  public Request.Network kind() {
    return Request.Network.STREAM;
  }

  @Override
  public Optional<Descriptor> descriptor() {
    return Optional.of(connection.descriptor());
  }

  @Override
  public String inWords() {
    return "passt";
  }

  /** The guest's end keeps passt alive. */
  @Override
  public void release() {
    connection.close();
  }

  /** Ends it. */
  @Override
  public void close() {
    connection.close();
    process.destroy();
  }
}
