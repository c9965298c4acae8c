package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Frames;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.ThisProcess;
import org.shieldwall.enclave.posix.UnixListener;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.protector.ProtectorException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The administrator's socket: one request a connection, progress while it is worked on, one answer.
 * Only root and the agent's own user are served, on the kernel's word for who they are.
 */
final class AgentServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentServer.class);
  private static final int AT_ONCE = 16;
  private static final Duration STEP = Duration.ofMillis(200);
  private static final Duration REQUEST = Duration.ofSeconds(10);
  private static final Duration SEND = Duration.ofSeconds(10);

  /** Who does the work. */
  interface Handler {
    /**
     * Answers one request.
     *
     * @param descriptors that came with it; the caller closes them
     */
    ObjectNode answer(
        AgentRequest request, List<Descriptor> descriptors, Consumer<Answer.Progress> progress)
        throws AgentException;
  }

  private final UnixListener listener;
  private final Handler handler;
  private final Set<Integer> users = Set.copyOf(List.of(0, ThisProcess.uid()));
  private final Semaphore places = new Semaphore(AT_ONCE);
  private volatile boolean closed;

  private AgentServer(UnixListener listener, Handler handler) {
    this.listener = listener;
    this.handler = handler;
  }

  /** Takes the socket, before anything else is started that a second agent must not start. */
  static UnixListener listen(Path socket) throws AgentException {
    try {
      return UnixListener.at(socket, "rw-------");
    } catch (IOException problem) {
      throw new AgentException(
          Kind.UNAVAILABLE,
          "socket-taken",
          "the agent cannot listen at " + socket + ": " + problem.getMessage(),
          "if another agent is running, stop it first");
    }
  }

  static AgentServer start(UnixListener listener, Handler handler) {
    AgentServer server = new AgentServer(listener, handler);
    Thread.ofPlatform().name("agent").daemon().start(server::serve);
    return server;
  }

  private void serve() {
    while (!closed) {
      try {
        listener.accept(STEP).ifPresent(this::admit);
      } catch (IOException problem) {
        if (!closed) {
          LOG.error("the agent's socket failed: {}", problem.getMessage());
        }
        return;
      }
    }
  }

  private void admit(UnixSocket connection) {
    if (!places.tryAcquire()) {
      connection.close();
      return;
    }
    Thread.ofPlatform()
        .daemon()
        .name("request")
        .start(() -> {
          try (connection) {
            converse(connection);
          } finally {
            places.release();
          }
        });
  }

  private void converse(UnixSocket connection) {
    try {
      if (!users.contains(connection.peer().uid())) {
        LOG.warn("turned away user {}", connection.peer().uid());
        return;
      }
      byte[] body = Frames.receive(connection, AgentRequest.MAX_BYTES, REQUEST, REQUEST);
      AgentReply reply = answer(connection, body, connection.takeDescriptors());
      Frames.send(connection, reply.toBytes(), List.of(), SEND);
    } catch (IOException gone) {
      LOG.debug("a client went away: {}", gone.getMessage());
    }
  }

  private AgentReply answer(UnixSocket connection, byte[] body, List<Descriptor> descriptors) {
    try {
      AgentRequest request = AgentRequest.parse(body);
      return new AgentReply.Done(
          handler.answer(request, descriptors, progress -> report(connection, progress)));
    } catch (AgentException refused) {
      return AgentReply.Failed.of(refused);
    } catch (ProtectorException malformed) {
      return AgentReply.Failed.of(
          new AgentException(Kind.MALFORMED, malformed.code().id(), malformed.detail(), ""));
    } catch (RuntimeException defect) {
      LOG.error("a request failed unexpectedly", defect);
      return AgentReply.Failed.of(
          new AgentException(
              Kind.UNAVAILABLE,
              "internal",
              "the agent met an unexpected " + defect.getClass().getSimpleName(),
              "its log has the details"));
    } finally {
      descriptors.forEach(Descriptor::close);
    }
  }

  private static void report(UnixSocket connection, Answer.Progress progress) {
    AgentReply.Working working =
        new AgentReply.Working(progress.stage(), progress.done(), progress.total());
    try {
      Frames.send(connection, working.toBytes(), List.of(), SEND);
    } catch (IOException gone) {
      // The work goes on: a VM that is being started is not left half way for a closed terminal.
      LOG.debug("nobody watches the progress any more: {}", gone.getMessage());
    }
  }

  @Override
  public void close() {
    closed = true;
    listener.close();
  }
}
