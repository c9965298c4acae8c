package org.shieldwall.hgs.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.hgs.TestCertificates;
import org.shieldwall.hgs.store.StoreUnavailableException;
import org.shieldwall.protocol.Problem;
import org.shieldwall.tpm.MalformedException;

/** What the listener takes and what it does not, seen from a bare socket. */
@Timeout(60)
class WebListenerTest {
  private static final WebLimits LIMITS =
      new WebLimits(
          Duration.ofSeconds(3),
          Duration.ofSeconds(1),
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          Duration.ofSeconds(5),
          64,
          1 << 20,
          2,
          Duration.ofMillis(200));

  private final CountDownLatch entered = new CountDownLatch(2);
  private final CountDownLatch leave = new CountDownLatch(1);
  private WebListener listener;
  private SSLContext client;

  @BeforeEach
  void start() throws Exception {
    SecureRandom random = new SecureRandom();
    KeyPair key = TestCertificates.newKey(random);
    X509Certificate certificate = TestCertificates.forServer(key, random);
    listener =
        WebListener.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            key.getPrivate(),
            certificate,
            List.of(
                Route.post("/echo", 1000, body -> body),
                Route.post("/large", 8 << 20, body -> new byte[] {'1'}),
                Route.get("/get", body -> "{}".getBytes(StandardCharsets.US_ASCII)),
                Route.get("/slow", body -> slow()),
                Route.post("/malformed", 1000, body -> malformed()),
                Route.get("/bug", body -> bug()),
                Route.get("/store", body -> storeGone())),
            LIMITS);
    client = SSLContext.getInstance("TLS");
    client.init(null, new TrustManager[] {new TrustAnyone()}, random);
  }

  @AfterEach
  void stop() {
    leave.countDown();
    listener.close();
  }

  private byte[] slow() {
    entered.countDown();
    try {
      leave.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return new byte[] {'1'};
  }

  private static byte[] malformed() throws MalformedException {
    throw new MalformedException("TPM2B_PUBLIC", 12, "a size", "the end");
  }

  private static byte[] bug() {
    throw new IllegalStateException("secret detail");
  }

  private static byte[] storeGone() {
    throw new StoreUnavailableException("the store is gone", new IOException("disk full"));
  }

  private SSLSocket connect() throws IOException {
    SSLSocket socket =
        (SSLSocket)
            client
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), listener.port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private String ask(String request) throws IOException {
    try (SSLSocket socket = connect()) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return answer(socket);
    }
  }

  /** Reads head and body of one answer. */
  private static String answer(SSLSocket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        return head.toString();
      }
      head.append((char) next);
    }
    String lower = head.toString().toLowerCase(java.util.Locale.ROOT);
    int at = lower.indexOf("content-length:");
    int length = Integer.parseInt(lower.substring(at + 15, lower.indexOf('\r', at)).strip());
    return head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }

  private static String post(String path, String body) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }

  private static Problem problem(String answer) throws Exception {
    return Problem.parse(
        answer.substring(answer.indexOf("\r\n\r\n") + 4).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void givenAGoodRequest_whenSent_thenItIsAnswered() throws Exception {
    assertThat(ask(post("/echo", "{\"a\":1}"))).startsWith("HTTP/1.1 200").endsWith("{\"a\":1}");
    assertThat(ask(get("/get"))).startsWith("HTTP/1.1 200").contains("no-store").endsWith("{}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET /nothing|not-found|404",
        "GET /echo|method-not-allowed|405",
        "PUT /echo|method-not-allowed|405",
        "DELETE /get|method-not-allowed|405",
        "GET /bug|internal|500",
        "GET /store|not-ready|503",
        "GET /..%2f..%2fetc/passwd|not-found|404",
      })
  void givenAnotherRequest_whenSent_thenTheProblemSaysSo(String line, String type, int status)
      throws Exception {
    String answer = ask(line + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 " + status).contains("application/problem+json");
    assertThat(problem(answer).type()).endsWith(":" + type);
    assertThat(problem(answer).instance()).startsWith("urn:uuid:");
    assertThat(answer).doesNotContain("secret detail").doesNotContain("Exception");
  }

  @Test
  void givenAnotherBody_whenSent_thenTheProblemSaysSo() throws Exception {
    String head = "POST /echo HTTP/1.1\r\nHost: localhost\r\n";
    String json = "Content-Type: application/json\r\n";
    assertThat(problem(ask(head + "Content-Length: 2\r\n\r\n{}")).status()).isEqualTo(415);
    assertThat(
            problem(ask(head + "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}")).status())
        .isEqualTo(415);
    assertThat(
            problem(ask(head + json + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"))
                .status())
        .isEqualTo(411);
    assertThat(problem(ask(head + json + "\r\n")).status()).isEqualTo(411);
    assertThat(problem(ask(head + json + "Content-Length: 12a\r\n\r\n")).status()).isEqualTo(400);
    assertThat(
            problem(ask(head + json + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}"))
                .status())
        .isEqualTo(400);
    assertThat(problem(ask(post("/malformed", "{}"))).detail()).contains("offset 12");
  }

  @Test
  void givenGarbage_whenSent_thenItIsNotServed() throws Exception {
    requireNotServed(ask("\u0001\u0002\u0003 nonsense\r\n\r\n"));
    requireNotServed(ask("GET /get HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"));
    requireNotServed(ask("GET /" + "a".repeat(10_000) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    requireNotServed(
        ask("GET /get HTTP/1.1\r\nHost: a\r\nX-A: " + "a".repeat(40_000) + "\r\n\r\n"));
    assertThat(ask(get("/get"))).startsWith("HTTP/1.1 200");
  }

  /** It may be refused, or cut off without a word. */
  private static void requireNotServed(String answer) {
    assertThat(answer.isEmpty() || answer.startsWith("HTTP/1.1 4")).as(answer).isTrue();
  }

  @Test
  void givenABodyOverTheRoutesLimit_whenAnnounced_thenItIsRefusedBeforeItIsSent() throws Exception {
    String head =
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ";
    long start = System.nanoTime();
    assertThat(problem(ask(head + "1001\r\n\r\n")).status()).isEqualTo(413);
    assertThat(problem(ask(head + (1L << 30) + "\r\n\r\n")).status()).isEqualTo(413);
    assertThat(problem(ask(head + "99999999999999999999\r\n\r\n")).status()).isEqualTo(400);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void givenAClientThatSendsOnRegardless_whenRefused_thenItStillReadsTheAnswer() throws Exception {
    try (SSLSocket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(
          "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n"
              .getBytes(StandardCharsets.ISO_8859_1));
      out.write(new byte[4_000_000]);
      out.flush();
      assertThat(answer(socket)).startsWith("HTTP/1.1 413");
    }
  }

  @Test
  void givenBodiesOverTheSharedMemory_whenSent_thenTheyAreSentAwayAndSmallOnesServed()
      throws Exception {
    assertThat(ask(post("/large", "x".repeat(2 << 20)))).startsWith("HTTP/1.1 429");
    assertThat(ask(post("/large", "x".repeat(200 << 10)))).startsWith("HTTP/1.1 200");
    assertThat(ask(post("/large", "x".repeat(900 << 10)))).startsWith("HTTP/1.1 200");
  }

  @Test
  void givenABodyThatTrickles_whenItTakesTooLong_thenItIsRefused() throws Exception {
    try (SSLSocket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(
          post("/echo", " ".repeat(1000)).substring(0, 150).getBytes(StandardCharsets.US_ASCII));
      assertThat(trickle(socket, " ")).isTrue();
    }
  }

  @Test
  void givenHeadersThatTrickle_whenTheyTakeTooLong_thenTheConnectionIsClosed() throws Exception {
    try (SSLSocket socket = connect()) {
      socket
          .getOutputStream()
          .write("GET /get HTTP/1.1\r\nX-A: ".getBytes(StandardCharsets.US_ASCII));
      assertThat(trickle(socket, "a")).isTrue();
    }
  }

  @Test
  void givenAHandshakeThatNeverComes_whenItTakesTooLong_thenTheConnectionIsClosed()
      throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(new byte[] {22, 3, 1, 2, 0});
      assertThat(socket.getInputStream().readAllBytes().length).isLessThan(100);
    }
  }

  /** Sends one byte after the other until the server has had enough; whether it had. */
  private static boolean trickle(SSLSocket socket, String text) throws Exception {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    socket.setSoTimeout(50);
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
    while (System.nanoTime() < limit) {
      try {
        socket.getOutputStream().write(bytes);
        int answer = socket.getInputStream().read();
        if (answer < 0 || answer == 'H') {
          return true;
        }
      } catch (java.net.SocketTimeoutException e) {
        // Nothing yet: go on trickling.
      } catch (IOException e) {
        return true;
      }
    }
    return false;
  }

  @Test
  void givenAllWorkersBusy_whenAskedMore_thenItIsAskedToComeBack() throws Exception {
    try (SSLSocket one = connect();
        SSLSocket two = connect()) {
      one.getOutputStream().write(get("/slow").getBytes(StandardCharsets.US_ASCII));
      two.getOutputStream().write(get("/slow").getBytes(StandardCharsets.US_ASCII));
      assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(ask(get("/get")))
          .startsWith("HTTP/1.1 429")
          .containsIgnoringCase("Retry-After: 1");
      leave.countDown();
      assertThat(answer(one)).startsWith("HTTP/1.1 200");
      assertThat(answer(two)).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void givenARequestAtWork_whenTheServiceStops_thenItIsStillAnswered() throws Exception {
    try (SSLSocket one = connect()) {
      one.getOutputStream().write(get("/slow").getBytes(StandardCharsets.US_ASCII));
      while (entered.getCount() == 2) {
        Thread.onSpinWait();
      }
      Thread stopping = Thread.ofVirtual().start(listener::close);
      assertThatThrownBy(
              () -> {
                while (true) {
                  new Socket(InetAddress.getLoopbackAddress(), listener.port()).close();
                }
              })
          .isInstanceOf(IOException.class);
      leave.countDown();
      assertThat(answer(one)).startsWith("HTTP/1.1 200");
      stopping.join();
    }
  }

  @Test
  void givenTls12_whenOffered_thenThereIsNoHandshake() throws Exception {
    try (SSLSocket socket = connect()) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
    try (SSLSocket socket = connect()) {
      socket.startHandshake();
      assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
    }
  }

  @Test
  void givenATakenPort_whenStarted_thenItFails() {
    assertThatThrownBy(
            () -> {
              KeyPair key = TestCertificates.newKey(new SecureRandom());
              WebListener.start(
                      new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.port()),
                      key.getPrivate(),
                      TestCertificates.forServer(key, new SecureRandom()),
                      List.of())
                  .close();
            })
        .isInstanceOf(UncheckedIOException.class);
  }

  private static final class TrustAnyone extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public void checkServerTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
