package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.shieldwall.hgs.web.Route;
import org.shieldwall.hgs.web.WebListener;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.HgsUnavailableException.Reason;

/**
 * Whom a client believes: the certificate it was given, or a server that a given CA vouches for.
 */
class ClientTrustTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final KeyPair AUTHORITY_KEY = Certificates.newKey("secp256r1", RANDOM);
  private static final KeyPair SERVER_KEY = Certificates.newKey("secp256r1", RANDOM);

  private static X509Certificate issue(
      KeyPair subject, String name, boolean authority, Instant from, Instant to) throws Exception {
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            new X500Name("CN=authority"),
            new BigInteger(64, RANDOM),
            Date.from(from),
            Date.from(to),
            new X500Name("CN=" + name),
            subject.getPublic());
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
    if (!authority) {
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(new GeneralName(GeneralName.dNSName, name)));
    }
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(
                new JcaContentSignerBuilder("SHA256withECDSA").build(AUTHORITY_KEY.getPrivate())));
  }

  private static X509Certificate issue(KeyPair subject, String name, boolean authority)
      throws Exception {
    Instant now = Instant.now();
    return issue(
        subject, name, authority, now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(1)));
  }

  /** What a client with {@code trusted} finds at a server that shows {@code shown}. */
  private static @org.jspecify.annotations.Nullable HgsUnavailableException ask(
      X509Certificate trusted, X509Certificate shown, String host) throws Exception {
    Route health = Route.get("/health", body -> "{}".getBytes(StandardCharsets.US_ASCII));
    try (WebListener listener =
            WebListener.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                SERVER_KEY.getPrivate(),
                shown,
                List.of(health));
        HgsClient client =
            HgsClient.of(
                URI.create("https://" + host + ":" + listener.port()),
                Certificates.pem(trusted),
                "test")) {
      return catchThrowableOfType(HgsUnavailableException.class, client::health);
    }
  }

  @Test
  void givenTheVeryCertificate_whenShown_thenItIsBelievedByAnyName() throws Exception {
    X509Certificate server = issue(SERVER_KEY, "elsewhere.example", false);
    assertThat(ask(server, server, "localhost")).isNull();
  }

  @Test
  void givenAnAuthority_whenItsServerIsReached_thenTheNameDecides() throws Exception {
    X509Certificate authority = issue(AUTHORITY_KEY, "authority", true);
    assertThat(ask(authority, issue(SERVER_KEY, "localhost", false), "localhost")).isNull();
    HgsUnavailableException wrongName =
        ask(authority, issue(SERVER_KEY, "elsewhere.example", false), "localhost");
    assertThat(wrongName).isNotNull();
    assertThat(wrongName.reason()).isEqualTo(Reason.WRONG_CERTIFICATE);
  }

  @Test
  void givenAServersCertificateWithoutAuthority_whenAnotherIsShown_thenItVouchesForNobody()
      throws Exception {
    X509Certificate trusted = issue(SERVER_KEY, "localhost", false);
    HgsUnavailableException refused =
        ask(trusted, issue(SERVER_KEY, "localhost", false), "localhost");
    assertThat(refused).isNotNull();
    assertThat(refused.reason()).isEqualTo(Reason.WRONG_CERTIFICATE);
  }

  @Test
  void givenAnExpiredCertificate_whenShown_thenItIsNamedAsSuch() throws Exception {
    Instant now = Instant.now();
    X509Certificate expired =
        issue(
            SERVER_KEY,
            "localhost",
            false,
            now.minus(Duration.ofDays(2)),
            now.minus(Duration.ofDays(1)));
    HgsUnavailableException refused = ask(expired, expired, "localhost");
    assertThat(refused).isNotNull();
    assertThat(refused.reason()).isEqualTo(Reason.WRONG_CERTIFICATE);
    assertThat(refused.what()).contains("expired");
  }
}
