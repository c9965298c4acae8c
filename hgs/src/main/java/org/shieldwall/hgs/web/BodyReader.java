package org.shieldwall.hgs.web;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;

/**
 * Reads bodies within three limits: the route's length, a time for the whole body, and the memory
 * that all bodies together may take. Memory is taken as bytes arrive, so that saying a length costs
 * the service nothing.
 */
final class BodyReader {
  private static final int CHUNK = 64 << 10;

  private final Semaphore memory;
  private final Duration patience;

  /**
   * @param memory bytes that all bodies being read or worked on may take
   * @param patience how long one body may take to arrive
   */
  BodyReader(int memory, Duration patience) {
    this.memory = new Semaphore(chunks(memory));
    this.patience = patience;
  }

  private static int chunks(int bytes) {
    return (bytes + CHUNK - 1) / CHUNK;
  }

  /** A body and its share of the memory, given back when closed. */
  static final class Body implements AutoCloseable {
    private final Semaphore memory;
    private byte[] bytes;
    private int held;

    private Body(Semaphore memory) {
      this.memory = memory;
      this.bytes = new byte[0];
    }

    byte[] bytes() {
      return bytes;
    }

    private void grow(int length) throws RefusedException {
      int wanted = chunks(length) - held;
      if (wanted > 0) {
        if (!memory.tryAcquire(wanted)) {
          throw Refusals.of(ProblemType.TOO_MANY, "too many large requests at once; try again");
        }
        held += wanted;
      }
    }

    @Override
    public void close() {
      memory.release(held);
      held = 0;
      bytes = new byte[0];
    }
  }

  /** Reads the body of {@code request}, {@code most} bytes at most. */
  Body read(ServerRequest request, int most) throws RefusedException {
    requireJson(request);
    int length = requireLength(request, most);
    Body body = new Body(memory);
    try {
      fill(body, request.content().inputStream(), length);
      return body;
    } catch (RefusedException | RuntimeException e) {
      body.close();
      throw e;
    } catch (IOException e) {
      body.close();
      throw Refusals.of(ProblemType.MALFORMED, "the body ended before its length");
    }
  }

  private static void requireJson(ServerRequest request) throws RefusedException {
    boolean json =
        request
            .headers()
            .first(HeaderNames.CONTENT_TYPE)
            .filter(type -> type.split(";", -1)[0].strip().equalsIgnoreCase("application/json"))
            .isPresent();
    if (!json) {
      throw Refusals.of(
          ProblemType.UNSUPPORTED_MEDIA_TYPE, "send it with Content-Type: application/json");
    }
  }

  private static int requireLength(ServerRequest request, int most) throws RefusedException {
    OptionalLong length = request.headers().contentLength();
    if (length.isEmpty() || request.headers().contains(HeaderNames.TRANSFER_ENCODING)) {
      throw Refusals.of(ProblemType.LENGTH_REQUIRED, "send it with Content-Length");
    }
    if (length.getAsLong() > most) {
      throw Refusals.of(
          ProblemType.TOO_LARGE,
          "at most " + most + " bytes here, the request has " + length.getAsLong());
    }
    return (int) length.getAsLong();
  }

  private void fill(Body body, InputStream in, int length) throws IOException, RefusedException {
    long deadline = System.nanoTime() + patience.toNanos();
    byte[] buffer = new byte[Math.min(length, CHUNK)];
    int filled = 0;
    while (filled < length) {
      if (System.nanoTime() > deadline) {
        throw Refusals.of(ProblemType.MALFORMED, "the body took too long to arrive");
      }
      if (filled == buffer.length) {
        buffer = Arrays.copyOf(buffer, Math.min(length, 2 * buffer.length));
      }
      body.grow(buffer.length);
      int got = in.read(buffer, filled, buffer.length - filled);
      if (got < 0) {
        throw new IOException("end of stream");
      }
      filled += got;
    }
    body.bytes = buffer;
  }
}
