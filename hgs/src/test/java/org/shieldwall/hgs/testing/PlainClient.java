package org.shieldwall.hgs.testing;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Collections;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.shieldwall.hgs.web.Route;

/** Sends a service whatever bytes it is given, with whatever certificate a client shows in TLS. */
public final class PlainClient implements AutoCloseable {
  private final URI base;
  private final HttpClient http;

  private PlainClient(URI base, HttpClient http) {
    this.base = base;
    this.http = http;
  }

  /** {@return a client that trusts the certificate in a file, and asks {@code keys} for its own} */
  public static PlainClient of(URI base, Path trusted, KeyManager... keys)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream in = Files.newInputStream(trusted)) {
      store.setCertificateEntry(
          "hgs", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext tls = SSLContext.getInstance("TLSv1.3");
    tls.init(keys, trust.getTrustManagers(), null);
    return new PlainClient(
        base, HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(tls).build());
  }

  public HttpResponse<byte[]> post(String path, byte[] body)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(base.resolve(path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofByteArray());
  }

  public HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(base.resolve(path)).build(), BodyHandlers.ofByteArray());
  }

  /** Asks as the route is to be asked. */
  public HttpResponse<byte[]> ask(Route route, byte[] body)
      throws IOException, InterruptedException {
    return route.isGet() ? get(route.path()) : post(route.path(), body);
  }

  /** Says that a body of so many bytes follows, and waits to be told to send it. */
  public HttpResponse<byte[]> announce(String path, int length)
      throws IOException, InterruptedException {
    byte[] piece = new byte[1 << 10];
    Iterable<byte[]> pieces = Collections.nCopies((length >> 10) + 1, piece);
    return http.send(
        HttpRequest.newBuilder(base.resolve(path))
            .header("Content-Type", "application/json")
            .expectContinue(true)
            .POST(BodyPublishers.fromPublisher(BodyPublishers.ofByteArrays(pieces), length))
            .build(),
        BodyHandlers.ofByteArray());
  }

  @Override
  public void close() {
    http.close();
  }
}
