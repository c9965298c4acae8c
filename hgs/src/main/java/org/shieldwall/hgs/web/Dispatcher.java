package org.shieldwall.hgs.web;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.shieldwall.hgs.audit.ClockGuard.ClockBehindException;
import org.shieldwall.hgs.store.StoreUnavailableException;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.MalformedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the route, reads the body, and makes an answer of whatever comes of it. */
final class Dispatcher {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

  private static final long LINGER_NANOS = 2_000_000_000L;

  private final Map<String, Route> routes;
  private final BodyReader bodies;
  private final Semaphore workers;
  private final Duration patience;

  Dispatcher(List<Route> routes, WebLimits limits) {
    this.routes = routes.stream().collect(Collectors.toMap(Route::path, Function.identity()));
    this.bodies = new BodyReader(limits.bodyMemory(), limits.body());
    this.workers = new Semaphore(limits.workers(), true);
    this.patience = limits.patience();
  }

  void handle(ServerRequest request, ServerResponse response) {
    try {
      Route route = route(request);
      send(response, Status.OK_200, "application/json", serve(route, request));
    } catch (RefusedException e) {
      refuse(request, response, e.problem());
    } catch (ProtectorException e) {
      ProblemType type = e.code() == Code.TOO_LARGE ? ProblemType.TOO_LARGE : ProblemType.MALFORMED;
      refuse(request, response, Refusals.of(type, e.detail()).problem());
    } catch (MalformedException e) {
      String detail = String.valueOf(e.getMessage());
      refuse(request, response, Refusals.of(ProblemType.MALFORMED, detail).problem());
    } catch (StoreUnavailableException e) {
      LOG.error("the store failed: {}", e.getMessage());
      String detail = "its store cannot be used; the administrator finds why in its log";
      refuse(request, response, Refusals.of(ProblemType.NOT_READY, detail).problem());
    } catch (ClockBehindException e) {
      LOG.error("nothing is decided: {}", e.getMessage());
      String detail = "its clock is behind its own record; the administrator finds more in its log";
      refuse(request, response, Refusals.of(ProblemType.NOT_READY, detail).problem());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      refuse(
          request, response, Refusals.of(ProblemType.NOT_READY, "it is shutting down").problem());
    }
  }

  private Route route(ServerRequest request) throws RefusedException {
    Route route = routes.get(request.path().rawPath());
    if (route == null) {
      throw Refusals.of(ProblemType.NOT_FOUND, "see docs/protocol.md for the addresses");
    }
    if (!request.prologue().method().equals(route.isGet() ? Method.GET : Method.POST)) {
      throw Refusals.of(
          ProblemType.METHOD_NOT_ALLOWED, "only " + (route.isGet() ? "GET" : "POST") + " here");
    }
    return route;
  }

  private byte[] serve(Route route, ServerRequest request)
      throws RefusedException, ProtectorException, MalformedException, InterruptedException {
    if (route.isGet()) {
      return work(route, new byte[0]);
    }
    try (BodyReader.Body body = bodies.read(request, route.maxBody())) {
      return work(route, body.bytes());
    }
  }

  private byte[] work(Route route, byte[] body)
      throws RefusedException, ProtectorException, MalformedException, InterruptedException {
    if (!workers.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw Refusals.of(ProblemType.TOO_MANY, "try again in a moment");
    }
    try {
      return route.exchange().answer(body);
    } catch (StoreUnavailableException | ClockBehindException e) {
      throw e;
    } catch (RuntimeException e) {
      UUID instance = UUID.randomUUID();
      LOG.error("internal error {} at {}", instance, route.path(), e);
      throw new RefusedException(
          Problem.of(
              ProblemType.INTERNAL, "the administrator finds it in the log", instance, List.of()));
    } finally {
      workers.release();
    }
  }

  private static void refuse(ServerRequest request, ServerResponse response, Problem problem) {
    LOG.info("{} {}: {}", problem.status(), request.path().rawPath(), problem.instance());
    boolean unread = request.content().hasEntity() && !request.content().consumed();
    if (unread) {
      response.header(HeaderNames.CONNECTION, "close");
    }
    if (problem.status() == ProblemType.TOO_MANY.status()
        || problem.status() == ProblemType.NOT_READY.status()) {
      response.header(HeaderNames.RETRY_AFTER, "1");
    }
    send(response, Status.create(problem.status()), Problem.MEDIA_TYPE, problem.toBytes());
    if (unread && !request.headers().contains(HeaderNames.EXPECT)) {
      linger(request);
    }
  }

  private static void send(ServerResponse response, Status status, String type, byte[] body) {
    response
        .status(status)
        .header(HeaderNames.CONTENT_TYPE, type)
        .header(HeaderNames.CACHE_CONTROL, "no-store")
        .send(body);
  }

  /**
   * Throws away for a moment what the client is still sending: a connection closed on unread bytes
   * is reset, and a reset takes with it an answer that the client has not read yet.
   */
  private static void linger(ServerRequest request) {
    long deadline = System.nanoTime() + LINGER_NANOS;
    byte[] sink = new byte[64 << 10];
    try (InputStream in = request.content().inputStream()) {
      while (System.nanoTime() < deadline && in.read(sink) >= 0) {
        // thrown away
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("the client went away with its answer");
    }
  }
}
