package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;

/** On the way between host and service: another service, no encryption, or less of it. */
final class TransportAttacks {
  private final Stage stage;

  TransportAttacks(Stage stage) {
    this.stage = stage;
  }

  List<Attack> quick() {
    List<Attack> all = new ArrayList<>();
    all.add(
        attack(
            "service-impersonated",
            Attacker.A2,
            "P3",
            "answer in the service's place with a service and certificate of the attacker's",
            this::impersonated));
    all.add(
        attack(
            "tls-stripped",
            Attacker.A2,
            "P3",
            "speak to host and service without TLS",
            this::stripped));
    all.add(
        attack(
            "tls-downgraded",
            Attacker.A2,
            "P3",
            "offer the service TLS 1.2 at most",
            this::downgraded));
    return List.copyOf(all);
  }

  private static Attack attack(
      String name, Attacker who, String promise, String tried, Attack.Play play) {
    return new Attack(name, who, promise, "the service runs", tried, play);
  }

  private Outcome impersonated() throws Exception {
    Path own = stage.demo().work.resolve("hgs-impostor");
    int port = freePort();
    Command.run("hgs", "init", "--dir", own, "--listen", "127.0.0.1:" + port).orFail();
    Path log = stage.demo().work.resolve("hgs-impostor.txt");
    Process service = Command.start(log, "hgs", "serve", "--json", "--dir", own);
    URI address = URI.create("https://127.0.0.1:" + port);
    try {
      long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (!Files.readString(log).contains("\"ready\":true")) {
        require(
            !service.waitFor(50, TimeUnit.MILLISECONDS) && System.nanoTime() < limit,
            "the impostor did not start");
      }
      try (HgsClient control = HgsClient.of(address, own.resolve("hgs.pem"))) {
        control.health();
      }
      try (HgsClient deceived = HgsClient.of(address, stage.demo().hgsCertificate())) {
        deceived.health();
        return new Outcome.Succeeded("the host takes it for its service");
      } catch (HgsUnavailableException refused) {
        return new Outcome.Refused(Stage.shortened(refused.what()));
      }
    } finally {
      service.destroy();
      service.waitFor();
    }
  }

  private static int freePort() throws IOException {
    try (java.net.ServerSocket socket =
        new java.net.ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Outcome stripped() throws Exception {
    String plain = "http://127.0.0.1:" + stage.demo().hgsPort;
    try (HgsClient hgs = HgsClient.of(URI.create(plain), stage.demo().hgsCertificate())) {
      hgs.health();
      return new Outcome.Succeeded("the host speaks to it without TLS");
    } catch (HgsUnavailableException refused) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), stage.demo().hgsPort)) {
        socket.setSoTimeout(15_000);
        socket
            .getOutputStream()
            .write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        byte[] answer = socket.getInputStream().readNBytes(7);
        if (new String(answer, StandardCharsets.US_ASCII).startsWith("HTTP/1.1 200".substring(0, 7))
            && answer.length == 7) {
          return new Outcome.Succeeded("the service answers without TLS");
        }
      } catch (IOException closed) {
        // It hung up.
      }
      return new Outcome.Refused(
          Stage.shortened(refused.what()) + "; the service hangs up on plain text");
    }
  }

  /** Trusts everybody: it is the service's own refusal that is wanted. */
  private static final class Gullible implements X509TrustManager {
    @Override
    public void checkClientTrusted(java.security.cert.X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(java.security.cert.X509Certificate[] chain, String type) {}

    @Override
    public java.security.cert.X509Certificate[] getAcceptedIssuers() {
      return new java.security.cert.X509Certificate[0];
    }
  }

  private String handshake(String version) throws Exception {
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, new TrustManager[] {new Gullible()}, new java.security.SecureRandom());
    try (SSLSocket socket =
        (SSLSocket)
            tls.getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), stage.demo().hgsPort)) {
      socket.setEnabledProtocols(new String[] {version});
      socket.startHandshake();
      return socket.getSession().getProtocol();
    } catch (javax.net.ssl.SSLException refused) {
      return "refused: " + refused.getMessage();
    }
  }

  private Outcome downgraded() throws Exception {
    require(handshake("TLSv1.3").equals("TLSv1.3"), "not even TLS 1.3 is spoken");
    String got = handshake("TLSv1.2");
    return got.startsWith("refused")
        ? new Outcome.Refused(got)
        : new Outcome.Succeeded("the service speaks " + got);
  }
}
