package org.shieldwall.hgs.testing;

import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;
import org.shieldwall.hgs.TestCertificates;
import org.shieldwall.tpm.Bytes;

/**
 * Shows one certificate to any server that asks a client for one, and counts how often it is asked.
 * It has not the certificate's key: a server that asks ends the handshake.
 */
public final class ShownCertificate extends X509ExtendedKeyManager {
  private static final String ALIAS = "client";

  private final X509Certificate certificate;
  private final PrivateKey key;
  private final AtomicInteger asked = new AtomicInteger();

  private ShownCertificate(X509Certificate certificate, PrivateKey key) {
    this.certificate = certificate;
    this.key = key;
  }

  public static ShownCertificate of(Bytes certificate) throws GeneralSecurityException {
    return new ShownCertificate(
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(certificate.toArray())),
        TestCertificates.newSignerKey(new SecureRandom()).getPrivate());
  }

  public int askedFor() {
    return asked.get();
  }

  @Override
  public String chooseClientAlias(
      String[] kinds, Principal @Nullable [] issuers, @Nullable Socket socket) {
    asked.incrementAndGet();
    return ALIAS;
  }

  @Override
  public String chooseEngineClientAlias(
      String[] kinds, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    asked.incrementAndGet();
    return ALIAS;
  }

  @Override
  public String[] getClientAliases(String kind, Principal @Nullable [] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return new X509Certificate[] {certificate};
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return key;
  }

  @Override
  public String @Nullable [] getServerAliases(String kind, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseServerAlias(
      String kind, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }
}
