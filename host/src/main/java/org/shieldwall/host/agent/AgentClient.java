package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.shieldwall.enclave.message.Frames;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.protector.ProtectorException;

/** Asks the agent at a socket; one connection for each request. */
public final class AgentClient {
  private static final Duration SEND = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofMinutes(70);
  private static final Duration WHOLE = Duration.ofSeconds(30);

  private final Path socket;

  /** An agent that listens at {@code socket}. */
  public AgentClient(Path socket) {
    this.socket = socket;
  }

  /** Asks, and waits for the answer. */
  public AgentReply ask(AgentRequest request, Consumer<AgentReply.Working> progress)
      throws AgentException {
    return ask(request, List.of(), progress);
  }

  /**
   * Asks with descriptors, and waits for the answer.
   *
   * @param descriptors stay the caller's
   */
  public AgentReply ask(
      AgentRequest request, List<Descriptor> descriptors, Consumer<AgentReply.Working> progress)
      throws AgentException {
    try (UnixSocket connection = UnixSocket.connect(socket)) {
      Frames.send(connection, request.toBytes(), descriptors, SEND);
      while (true) {
        byte[] bytes = Frames.receive(connection, AgentReply.MAX_BYTES, PATIENCE, WHOLE);
        AgentReply reply = AgentReply.parse(bytes);
        if (!(reply instanceof AgentReply.Working working)) {
          return reply;
        }
        progress.accept(working);
      }
    } catch (IOException problem) {
      throw new AgentException(
          Kind.UNAVAILABLE,
          "agent-not-running",
          "the agent does not answer at " + socket + ": " + problem.getMessage(),
          "start it: shieldwall host serve");
    } catch (ProtectorException problem) {
      throw new AgentException(
          Kind.UNAVAILABLE, "agent-confused", "the agent's answer: " + problem.detail(), "");
    }
  }
}
