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
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ProblemType;

/** The listening server: TLS 1.3, HTTP/1.1, and an end to everything that a client can draw out. */
public final class WebListener implements AutoCloseable {
  private static final Duration HANDSHAKE = Duration.ofSeconds(10);
  private static final Duration HEADERS = Duration.ofSeconds(10);
  private static final Duration BODY = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofSeconds(60);
  private static final Duration IDLE_CHECK = Duration.ofSeconds(5);
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final int CONNECTIONS = 2_048;
  private static final int LARGEST_BODY = 64 << 20;
  private static final int MEMORY = 2 * LARGEST_BODY;

  private final WebServer server;
  private final Tls13 tls;

  private WebListener(WebServer server, Tls13 tls) {
    this.server = server;
    this.tls = tls;
  }

  /**
   * {@return a listener that serves {@code routes} from now on}
   *
   * @param address where; port 0 takes any free one
   * @throws GeneralSecurityException if the key and certificate are of no use
   * @throws java.io.UncheckedIOException if the address cannot be listened on
   */
  public static WebListener start(
      InetSocketAddress address, PrivateKey key, X509Certificate certificate, List<Route> routes)
      throws GeneralSecurityException {
    Tls13 tls = Tls13.serving(key, certificate, HANDSHAKE);
    try {
      Dispatcher dispatcher = new Dispatcher(routes, new BodyReader(MEMORY, BODY));
      WebServer server =
          WebServer.builder()
              .bindAddress(address)
              // Its other way of reading looks every client's name up in the DNS.
              .useNio(false)
              .tls(Tls.builder().sslContext(tls).build())
              .addProtocol(
                  Http1Config.builder()
                      .addReceiveListener(new HeaderDeadline(HEADERS))
                      .compositeSendListener(
                          new io.helidon.webserver.http1.Http1ConnectionListener() {})
                      .build())
              .maxPayloadSize(LARGEST_BODY)
              .maxTcpConnections(CONNECTIONS)
              .idleConnectionTimeout(IDLE)
              .idleConnectionPeriod(IDLE_CHECK)
              .shutdownGracePeriod(GRACE)
              .shutdownHook(false)
              .directHandlers(directHandlers())
              .routing(HttpRouting.builder().any(dispatcher::handle))
              .build();
      return new WebListener(server.start(), tls);
    } catch (RuntimeException e) {
      tls.close();
      throw e;
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
    tls.close();
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
