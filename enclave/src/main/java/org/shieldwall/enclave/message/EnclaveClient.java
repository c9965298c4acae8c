package org.shieldwall.enclave.message;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.SystemCallException;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.protector.ProtectorException;

/** Asks the enclave at a socket; one connection for each request. */
public final class EnclaveClient {
  private static final Duration SEND = Duration.ofSeconds(30);
  private static final Duration WHOLE = Duration.ofSeconds(30);

  private final Path socket;

  /** An enclave that listens at {@code socket}. */
  public EnclaveClient(Path socket) {
    this.socket = socket;
  }

  /**
   * Asks and waits for the final answer.
   *
   * @param patience how long to wait for each progress report or the final answer
   */
  public Answer.Final ask(
      Request request,
      List<Descriptor> descriptors,
      Duration patience,
      Consumer<Answer.Progress> progress)
      throws IOException {
    try (UnixSocket connection = UnixSocket.connect(socket)) {
      send(connection, RequestCodec.encode(request), descriptors);
      while (true) {
        byte[] bytes = Frames.receive(connection, Frames.LARGEST, patience, WHOLE);
        switch (AnswerCodec.decode(bytes)) {
          case Answer.Progress report -> progress.accept(report);
          case Answer.Final answer -> {
            return answer;
          }
        }
      }
    } catch (ProtectorException e) {
      throw new IOException("the enclave's answer cannot be read: " + e.detail(), e);
    }
  }

  /** An enclave that is busy says so before it has read anything, and closes. */
  private static void send(UnixSocket connection, byte[] request, List<Descriptor> descriptors)
      throws IOException {
    try {
      Frames.send(connection, request, descriptors, SEND);
    } catch (SystemCallException e) {
      if (e.errno() != SystemCallException.EPIPE) {
        throw e;
      }
    }
  }

  /** Asks what is answered at once. */
  public Answer.Final ask(Request request) throws IOException {
    return ask(request, List.of(), Duration.ofSeconds(30), report -> {});
  }
}
