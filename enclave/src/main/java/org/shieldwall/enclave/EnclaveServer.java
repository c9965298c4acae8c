package org.shieldwall.enclave;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.AnswerCodec;
import org.shieldwall.enclave.message.Frames;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.message.RequestCodec;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.UnixListener;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.protector.ProtectorException;

/**
 * The enclave's one door: a unix socket for the agent. One request a connection, each step of which
 * has a limit, and a bounded number of connections at once, so that no client can hold the others
 * up.
 */
final class EnclaveServer {
  private static final int AT_ONCE = 16;
  private static final Duration STEP = Duration.ofMillis(500);
  private static final Duration BEGIN = Duration.ofSeconds(5);
  private static final Duration WHOLE = Duration.ofSeconds(10);
  private static final Duration SEND = Duration.ofSeconds(10);
  private static final long PROGRESS_EVERY = 100_000_000;

  private final Enclave enclave;
  private final Set<Integer> users;
  private final Semaphore places = new Semaphore(AT_ONCE);
  private volatile boolean stopped;

  /**
   * A server not yet listening.
   *
   * @param users who may connect
   */
  EnclaveServer(Enclave enclave, Set<Integer> users) {
    this.enclave = enclave;
    this.users = Set.copyOf(users);
  }

  /** Progress could not be sent: whoever asked has gone, and the work is given up. */
  private static final class AskerGoneException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AskerGoneException(IOException cause) {
      super(cause);
    }
  }

  /** Serves until {@link #stop}. */
  void serve(UnixListener listener) throws IOException {
    while (!stopped) {
      Optional<UnixSocket> connection = listener.accept(STEP);
      connection.ifPresent(this::admit);
    }
  }

  void stop() {
    stopped = true;
  }

  private void admit(UnixSocket connection) {
    if (!places.tryAcquire()) {
      send(connection, Refusal.BUSY.because(AT_ONCE + " requests are being answered"));
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
      // The kernel's word for who is there; the socket's folder keeps others away already.
      if (!users.contains(connection.peer().uid())) {
        return;
      }
      byte[] body = Frames.receive(connection, Frames.LARGEST, BEGIN, WHOLE);
      Request request = RequestCodec.decode(body);
      List<Descriptor> descriptors = connection.takeDescriptors();
      try {
        send(connection, enclave.answer(request, descriptors, reporter(connection, request)));
      } finally {
        descriptors.forEach(Descriptor::close);
        HeapResidue.clearSoon();
      }
    } catch (ProtectorException e) {
      send(connection, Refusal.MALFORMED.because(VirtualMachine.printable(e.detail())));
    } catch (Frames.TooLargeException e) {
      send(connection, Refusal.TOO_LARGE.because(String.valueOf(e.getMessage())));
    } catch (AskerGoneException | IOException e) {
      // Nobody is there to be told.
    } catch (RuntimeException e) {
      // Its message could hold anything; its type and place do not.
      StackTraceElement[] trace = e.getStackTrace();
      send(
          connection,
          Refusal.INTERNAL.because(
              e.getClass().getSimpleName() + (trace.length == 0 ? "" : " at " + trace[0])));
    }
  }

  private static Consumer<Answer.Progress> reporter(UnixSocket connection, Request request) {
    // A start that has begun to roll the state goes to its end, whoever still listens.
    boolean givesUp = request instanceof Request.Provision;
    long[] last = {Long.MIN_VALUE};
    return report -> {
      long now = System.nanoTime();
      if (report.done() != report.total()
          && last[0] != Long.MIN_VALUE
          && now - last[0] < PROGRESS_EVERY) {
        return;
      }
      last[0] = now;
      try {
        Frames.send(connection, AnswerCodec.encode(report), List.of(), SEND);
      } catch (IOException e) {
        if (givesUp) {
          throw new AskerGoneException(e);
        }
      }
    };
  }

  private static void send(UnixSocket connection, Answer answer) {
    try {
      Frames.send(connection, AnswerCodec.encode(answer), List.of(), SEND);
    } catch (IOException e) {
      // Whoever asked has gone.
    }
  }
}
