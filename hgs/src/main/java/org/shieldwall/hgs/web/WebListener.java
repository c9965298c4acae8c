package org.shieldwall.hgs.web;

import io.helidon.common.tls.Tls;
import io.helidon.http.DirectHandler;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ProblemType;

/** The listening server: TLS 1.3, HTTP/1.1, and an end to everything that a client can draw out. */
public final class WebListener implements AutoCloseable {
  private static final int LARGEST_BODY = 64 << 20;

  /** Kept here, because java.logging forgets loggers, and their levels, that nobody holds. */
  private static final Map<Logger, Level> QUIET =
      Map.of(
          Logger.getLogger("io.helidon"), Level.WARNING,
          Logger.getLogger("io.helidon.webserver.LoomServer"), Level.OFF);

  private static final Duration IDLE_CHECK = Duration.ofSeconds(5);

  private final WebServer server;
  private final ScheduledExecutorService deadlines;

  private WebListener(WebServer server, ScheduledExecutorService deadlines) {
    this.server = server;
    this.deadlines = deadlines;
  }

  /**
   * {@return a listener that serves {@code routes} from now on}
   *
   * @param address where; port 0 takes any free one
   * @throws GeneralSecurityException if the key and certificate are of no use
   * @throws UncheckedIOException if the address cannot be listened on
   */
  public static WebListener start(
      InetSocketAddress address, PrivateKey key, X509Certificate certificate, List<Route> routes)
      throws GeneralSecurityException {
    return start(address, key, certificate, routes, WebLimits.defaults());
  }

  static WebListener start(
      InetSocketAddress address,
      PrivateKey key,
      X509Certificate certificate,
      List<Route> routes,
      WebLimits limits)
      throws GeneralSecurityException {
    QUIET.forEach(Logger::setLevel);
    ScheduledThreadPoolExecutor deadlines =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("hgs-deadlines").factory());
    deadlines.setRemoveOnCancelPolicy(true);
    Tls13 tls = Tls13.serving(key, certificate, limits.handshake(), deadlines);
    WebServer server = server(address, tls, routes, limits, deadlines).start();
    if (!server.isRunning()) {
      deadlines.shutdownNow();
      throw cannotListen(address);
    }
    return new WebListener(server, deadlines);
  }

  private static WebServer server(
      InetSocketAddress address,
      Tls13 tls,
      List<Route> routes,
      WebLimits limits,
      ScheduledExecutorService deadlines) {
    Dispatcher dispatcher = new Dispatcher(routes, limits);
    return WebServer.builder()
        .bindAddress(address)
        // Its other way of reading looks every client's name up in the DNS, and knows no time-outs.
        .useNio(false)
        .tls(Tls.builder().sslContext(tls).build())
        // Its own listeners would log what is received and sent, tokens included.
        .addProtocol(
            Http1Config.builder()
                .addReceiveListener(new HeaderDeadline(limits.headers(), deadlines))
                .addSendListener(new Http1ConnectionListener() {})
                .build())
        .maxPayloadSize(LARGEST_BODY)
        .maxTcpConnections(limits.connections())
        .idleConnectionTimeout(limits.idle())
        .idleConnectionPeriod(IDLE_CHECK)
        .shutdownGracePeriod(limits.grace())
        .shutdownHook(false)
        .directHandlers(directHandlers())
        .routing(HttpRouting.builder().any(dispatcher::handle))
        .build();
  }

  /** Helidon logs why it does not listen and goes on: this finds out again. */
  private static UncheckedIOException cannotListen(InetSocketAddress address) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(address);
      return new UncheckedIOException(new IOException("the listener did not start"));
    } catch (IOException e) {
      return new UncheckedIOException(e);
    }
  }

  /** {@return the port that it listens on} */
  public int port() {
    return server.port();
  }

  /** Stops listening, lets requests at work finish for a while, then ends them. */
  @Override
  public void close() {
    server.stop();
    deadlines.shutdownNow();
  }

  /** What Helidon refuses before any route sees it: said as a problem, and nothing repeated. */
  private static DirectHandlers directHandlers() {
    DirectHandlers.Builder handlers = DirectHandlers.builder();
    for (EventType event : EventType.values()) {
      handlers.addHandler(event, WebListener::refuse);
    }
    return handlers.build();
  }

  private static DirectHandler.TransportResponse refuse(
      DirectHandler.TransportRequest request,
      EventType event,
      Status status,
      ServerResponseHeaders headers,
      String message) {
    ProblemType type =
        switch (status.code()) {
          case 413 -> ProblemType.TOO_LARGE;
          case 503 -> ProblemType.NOT_READY;
          case 500 -> ProblemType.INTERNAL;
          default -> ProblemType.MALFORMED;
        };
    Problem problem =
        Problem.of(type, "not a request that is served here", UUID.randomUUID(), List.of());
    return DirectHandler.TransportResponse.builder()
        .status(Status.create(type.status()))
        .headers(headers)
        .header(HeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE)
        .keepAlive(false)
        .entity(problem.toBytes())
        .build();
  }
}
