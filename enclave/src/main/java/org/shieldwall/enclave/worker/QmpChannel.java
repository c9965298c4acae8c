package org.shieldwall.enclave.worker;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.UnixSocket;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * QEMU's machine protocol over one end of a socket pair (docs/interop/qmp-spec of QEMU): one JSON
 * object a line. A worker is not trusted more than its guest, so lines are bounded and what does
 * not parse ends the channel.
 */
final class QmpChannel implements AutoCloseable {
  private static final int LONGEST_LINE = 64 * 1024;
  private static final Duration SEND = Duration.ofSeconds(10);
  private static final Duration STEP = Duration.ofSeconds(1);
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private final UnixSocket socket;
  private final Consumer<JsonNode> events;
  private final BlockingQueue<Reply> replies = new LinkedBlockingQueue<>();
  private volatile boolean closed;

  private sealed interface Reply {
    record Returned(JsonNode value) implements Reply {}

    record Failed(String description) implements Reply {}

    /** Nothing will come any more. */
    record Ended() implements Reply {}
  }

  /**
   * Reads the greeting and agrees on capabilities.
   *
   * @param events told every event, on a thread of the channel's
   */
  static QmpChannel open(UnixSocket socket, Duration limit, Consumer<JsonNode> events)
      throws IOException {
    QmpChannel channel = new QmpChannel(socket, events);
    Thread.ofPlatform().daemon().name("qmp").start(channel::read);
    channel.take(limit); // the greeting is put into the queue like a reply
    channel.execute(QmpCommand.CAPABILITIES, limit);
    return channel;
  }

  private QmpChannel(UnixSocket socket, Consumer<JsonNode> events) {
    this.socket = socket;
    this.events = events;
  }

  /** Executes one command. {@return what it returned} */
  JsonNode execute(QmpCommand command, Duration limit) throws IOException {
    return execute(command, List.of(), limit);
  }

  /** The same, with descriptors that QEMU takes as it reads the command. */
  synchronized JsonNode execute(QmpCommand command, List<Descriptor> descriptors, Duration limit)
      throws IOException {
    String line =
        "{\"execute\":\"" + command.text() + "\",\"arguments\":" + command.arguments() + "}\n";
    socket.send(line.getBytes(StandardCharsets.US_ASCII), descriptors, SEND);
    return switch (take(limit)) {
      case Reply.Returned returned -> returned.value();
      case Reply.Failed failed ->
          throw new IOException(command.text() + " failed: " + failed.description());
      case Reply.Ended _ ->
          throw new IOException(command.text() + " failed: the monitor is closed");
    };
  }

  /** {@return QEMU's run state, e.g. {@code running}, {@code internal-error}} */
  String status(Duration limit) throws IOException {
    return execute(QmpCommand.QUERY_STATUS, limit).path("status").stringValue("unknown");
  }

  private Reply take(Duration limit) throws IOException {
    try {
      Reply reply = replies.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (reply == null) {
        throw new IOException("the worker's monitor did not answer in time");
      }
      if (reply instanceof Reply.Ended) {
        replies.add(reply); // for whoever asks next, so that nobody waits in vain
      }
      return reply;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for the worker's monitor", e);
    }
  }

  private void read() {
    byte[] buffer = new byte[LONGEST_LINE];
    int filled = 0;
    try {
      while (!closed) {
        if (!socket.awaitReadable(STEP)) {
          continue;
        }
        int count = socket.receiveSome(buffer, filled, buffer.length - filled);
        if (count == 0) {
          throw new EOFException("the worker closed its monitor");
        }
        filled = handleLines(buffer, filled + count);
        if (filled == buffer.length) {
          throw new IOException("a line of the worker's monitor is too long");
        }
      }
    } catch (IOException | JacksonException | IllegalStateException e) {
      replies.add(new Reply.Ended());
    }
  }

  private int handleLines(byte[] buffer, int filled) {
    int start = 0;
    for (int i = 0; i < filled; i++) {
      if (buffer[i] == '\n') {
        handle(new String(buffer, start, i - start, StandardCharsets.UTF_8));
        start = i + 1;
      }
    }
    System.arraycopy(buffer, start, buffer, 0, filled - start);
    Arrays.fill(buffer, filled - start, filled, (byte) 0);
    return filled - start;
  }

  private void handle(String line) {
    if (line.isBlank()) {
      return;
    }
    JsonNode message = MAPPER.readTree(line);
    if (message.has("event")) {
      events.accept(message);
    } else if (message.has("error")) {
      replies.add(
          new Reply.Failed(message.path("error").path("desc").stringValue("no description")));
    } else {
      replies.add(new Reply.Returned(message.path("return")));
    }
  }

  @Override
  public void close() {
    closed = true;
    socket.shutdown();
    socket.close();
  }
}
