package org.shieldwall.protocol;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.Release;
import org.shieldwall.protocol.HgsUnavailableException.Reason;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.JsonNode;

/**
 * Speaks with one Host Guardian Service: TLS 1.3, the certificate it was given and no other,
 * answers no longer than they may be, an end to every wait.
 *
 * <p>Every method throws {@link RefusedException} when the service says no, and {@link
 * HgsUnavailableException} when there is no answer that counts. Safe for use by several threads.
 */
public final class HgsClient implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(60);

  private final URI base;
  private final HttpClient http;
  private final Unavailable unavailable;

  private HgsClient(URI base, HttpClient http) {
    this.base = base;
    this.http = http;
    this.unavailable = new Unavailable(base, ANSWER);
  }

  /**
   * {@return a client; nothing is sent yet}
   *
   * @param base {@code https://host:port}
   * @param pem file with the service's certificate, or that of the CA that vouches for it
   * @throws HgsUnavailableException if the address or the file is of no use
   */
  public static HgsClient of(URI base, Path pem) throws HgsUnavailableException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(pem);
    } catch (IOException e) {
      throw new HgsUnavailableException(
          Reason.WRONG_CERTIFICATE,
          "the certificate file " + pem + " cannot be read",
          "copy hgs.pem from the Host Guardian Service",
          e);
    }
    return of(base, bytes, pem.toString());
  }

  /** The same, with the file's content and what to call it. */
  public static HgsClient of(URI base, byte[] pem, String called) throws HgsUnavailableException {
    if (!"https".equals(base.getScheme()) || base.getHost() == null) {
      throw new HgsUnavailableException(
          Reason.NOT_AN_HGS,
          base + " is no address of a Host Guardian Service",
          "give it as https://host:port");
    }
    try {
      List<X509Certificate> certificates =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(pem))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (certificates.isEmpty()) {
        throw new CertificateException("no certificate");
      }
      SSLContext tls = SSLContext.getInstance("TLSv1.3");
      tls.init(null, new TrustManager[] {new PinnedTrust(certificates)}, new SecureRandom());
      HttpClient http =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .followRedirects(HttpClient.Redirect.NEVER)
              .proxy(HttpClient.Builder.NO_PROXY)
              .connectTimeout(CONNECT)
              .sslContext(tls)
              .sslParameters(PinnedTrust.parameters())
              .build();
      return new HgsClient(base, http);
    } catch (GeneralSecurityException e) {
      throw new HgsUnavailableException(
          Reason.WRONG_CERTIFICATE,
          called + " holds no certificate",
          "copy hgs.pem from the Host Guardian Service",
          e);
    }
  }

  /** Asks for a challenge. */
  public Challenge challenge(ChallengeRequest request)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return read(
        post("/attestation/v1/challenge", request.toBytes(), Challenge.MAX_BYTES),
        Challenge::parse);
  }

  /** Sends evidence. */
  public AttestReply attest(AttestRequest request)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return read(
        post("/attestation/v1/attest", request.toBytes(), AttestReply.MAX_BYTES),
        AttestReply::parse);
  }

  /** Asks for a challenge in host-key mode. */
  public NonceChallenge challenge(HostKeyChallengeRequest request)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return read(
        post("/attestation/v1/challenge", request.toBytes(), NonceChallenge.MAX_BYTES),
        NonceChallenge::parse);
  }

  /** Answers a challenge in host-key mode. */
  public AttestReply attest(HostKeyProof proof)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return read(
        post("/attestation/v1/attest/host-key", proof.toBytes(), AttestReply.MAX_BYTES),
        AttestReply::parse);
  }

  /** Asks for a challenge in directory mode. */
  public NonceChallenge challenge(DirectoryChallengeRequest request)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return read(
        post("/attestation/v1/challenge", request.toBytes(), NonceChallenge.MAX_BYTES),
        NonceChallenge::parse);
  }

  /** Answers a challenge in directory mode. */
  public DirectoryReply attest(DirectoryProof proof)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return read(
        post("/attestation/v1/attest/directory", proof.toBytes(), DirectoryReply.MAX_BYTES),
        DirectoryReply::parse);
  }

  /** {@return the certificate that signs health certificates} */
  public X509Certificate signer()
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return read(
        get("/attestation/v1/signer", AttestReply.MAX_BYTES),
        body ->
            HealthCertificate.parseX509(
                Members.bytes(
                    Json.parse(body, "signer", AttestReply.MAX_BYTES).members("signer"),
                    "signer",
                    AttestReply.MAX_BYTES)));
  }

  /** {@return the service's guardian document, its signature verified} */
  public Guardian guardian()
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return read(get("/keys/v1/guardian", Guardian.MAX_BYTES), Guardian::parse);
  }

  /**
   * Asks for the keys of a VM.
   *
   * @param certificate the host's health certificate, DER
   * @param request the enclave's signed release request
   * @param protector the VM's key protector
   * @return sealed to the enclave, which alone can check and open it
   */
  public Release release(Bytes certificate, JsonNode request, JsonNode protector)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return release(certificate, request, protector, Optional.empty());
  }

  /**
   * The same for a copy that is not the newest.
   *
   * @param restore the owner's grant for it
   */
  public Release release(
      Bytes certificate, JsonNode request, JsonNode protector, Optional<JsonNode> restore)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    byte[] message = ReleaseMessage.toBytes(certificate, request, protector, restore);
    return read(
        post("/keys/v1/release", message, Release.MAX_BYTES + 64),
        body ->
            Release.fromJson(
                Json.parse(body, "release reply", Release.MAX_BYTES + 64)
                    .members("release")
                    .at("release")));
  }

  /**
   * Tells what an enclave reports of a VM.
   *
   * @param certificate the host's health certificate, DER
   * @param report as the enclave gave it
   * @return the lease, for the enclave, which alone can check it
   */
  public JsonNode report(Bytes certificate, JsonNode report)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return read(
        post(
            "/keys/v1/report", ReportMessage.toBytes(certificate, report), ReportMessage.MAX_BYTES),
        body ->
            Json.parse(body, "report reply", ReportMessage.MAX_BYTES)
                .members("lease")
                .at("lease")
                .node());
  }

  /** Asks whether the service is up; returns if it is. */
  public void health() throws HgsUnavailableException, RefusedException, InterruptedException {
    var _ = get("/health", 4096);
  }

  private byte[] post(String path, byte[] body, int most)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return send(
        HttpRequest.newBuilder(base.resolve(path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(body)),
        most);
  }

  private byte[] get(String path, int most)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    return send(HttpRequest.newBuilder(base.resolve(path)).GET(), most);
  }

  private byte[] send(HttpRequest.Builder request, int most)
      throws HgsUnavailableException, RefusedException, InterruptedException {
    HttpResponse<byte[]> response = await(request.timeout(ANSWER).build(), most);
    byte[] body = response.body();
    if (response.statusCode() == 200) {
      return body;
    }
    String type = response.headers().firstValue("Content-Type").orElse("");
    if (response.statusCode() >= 400 && type.startsWith(Problem.MEDIA_TYPE)) {
      throw new RefusedException(read(body, Problem::parse));
    }
    throw unavailable.notAnHgs(
        "answers " + response.statusCode() + " and " + body.length + " bytes", null);
  }

  /** The request's own time-out ends with the head of the answer: this one covers its body too. */
  private HttpResponse<byte[]> await(HttpRequest request, int most)
      throws HgsUnavailableException, InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> answer =
        http.sendAsync(
            request,
            head ->
                BodyHandlers.limiting(
                        BodyHandlers.ofByteArray(),
                        head.statusCode() == 200 ? most : Problem.MAX_BYTES)
                    .apply(head));
    try {
      return answer.get(ANSWER.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw unavailable.because(e.getCause() instanceof IOException io ? io : new IOException(e));
    } catch (TimeoutException e) {
      throw unavailable.because(new HttpTimeoutException("no end of the answer"));
    } finally {
      answer.cancel(true);
    }
  }

  private <T> T read(byte[] body, Reader<T> reader) throws HgsUnavailableException {
    try {
      return reader.read(body);
    } catch (ProtectorException e) {
      throw unavailable.notAnHgs(
          "answers something else than it was asked (" + e.detail() + ")", e);
    }
  }

  private interface Reader<T> {
    T read(byte[] body) throws ProtectorException;
  }

  /** {@return the address} */
  public URI base() {
    return base;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
