package org.shieldwall.hgs.bench;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protocol.ReleaseMessage;
import org.shieldwall.tpm.Bytes;

/**
 * Requests a second of a whole service over TLS with 8 clients that keep their connections, clients
 * and service on one machine in one process. Messages are made beforehand, so that the clients cost
 * little. Arguments: how many of each kind, and an event log (a made-up one otherwise).
 */
public final class HgsBench {
  private static final int CLIENTS = 8;
  private static final int ROUNDS = 3;

  private final TestService service;
  private final TestHost host;
  private final List<HttpClient> clients = new ArrayList<>();

  private HgsBench(TestService service, TestHost host) throws Exception {
    this.service = service;
    this.host = host;
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(client(service.folder().certificate()));
    }
  }

  public static void main(String[] arguments) throws Exception {
    int count = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 400;
    BootLog boot =
        arguments.length > 1
            ? BootLog.genuine(Bytes.of(Files.readAllBytes(Path.of(arguments[1]))))
            : BootLog.of("standard");
    Path folder = Files.createTempDirectory("hgs-bench");
    try (TestHost host = TestHost.boot("bench", boot);
        TestService service = TestService.in(folder.resolve("hgs"))) {
      service.administer(admin -> admin.addHost(host.identity()));
      service.administer(admin -> admin.addBaseline(boot.baseline("bench")));
      HgsBench bench = new HgsBench(service, host);
      System.out.printf(
          "event log %d bytes, %d events%n", host.log().length(), boot.events().size());
      for (int round = 1; round <= ROUNDS; round++) {
        bench.run(round, count);
      }
      bench.clients.forEach(HttpClient::close);
    }
  }

  private static HttpClient client(Path certificate) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (var in = Files.newInputStream(certificate)) {
      store.setCertificateEntry(
          "hgs", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext tls = SSLContext.getInstance("TLSv1.3");
    tls.init(null, trust.getTrustManagers(), null);
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(tls).build();
  }

  private void run(int round, int count) throws Exception {
    byte[] challenge = host.challengeRequest().toBytes();
    List<byte[]> challenges = new ArrayList<>();
    List<byte[]> answers = new ArrayList<>();
    List<byte[]> releases = new ArrayList<>();
    KeyProtector data = new TestOwner().shieldingData(service.guardian(), OwnerPolicy.shielded());
    Bytes certificate = host.attest(service.client()).certificate();
    for (int i = 0; i < count; i++) {
      challenges.add(challenge);
      answers.add(host.answer(service.client().challenge(host.challengeRequest())).toBytes());
      releases.add(
          ReleaseMessage.toBytes(
              certificate,
              TestOwner.request(data, host.enclave()).request().toJson(),
              data.toJson()));
    }
    System.out.printf("round %d, %d of each%n", round, count);
    measure("challenge", "/attestation/v1/challenge", challenges);
    measure("attest", "/attestation/v1/attest", answers);
    measure("release", "/keys/v1/release", releases);
  }

  private void measure(String what, String path, List<byte[]> bodies) throws Exception {
    AtomicInteger next = new AtomicInteger();
    long[] nanos = new long[bodies.size()];
    long start = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> running = new ArrayList<>();
      for (HttpClient client : clients) {
        running.add(
            threads.submit(() -> {
              for (int i = next.getAndIncrement(); i < bodies.size(); i = next.getAndIncrement()) {
                long sent = System.nanoTime();
                post(client, path, bodies.get(i));
                nanos[i] = System.nanoTime() - sent;
              }
              return null;
            }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Arrays.sort(nanos);
    System.out.printf(
        Locale.ROOT,
        "  %-10s %7.0f /s   median %.1f ms, 99th percentile %.1f ms%n",
        what,
        bodies.size() / seconds,
        nanos[nanos.length / 2] / 1e6,
        nanos[(int) (nanos.length * 0.99)] / 1e6);
  }

  private void post(HttpClient client, String path, byte[] body)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        client.send(
            HttpRequest.newBuilder(service.url().resolve(path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body))
                .build(),
            BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      throw new IOException(
          answer.statusCode()
              + " "
              + new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8));
    }
  }
}
