package org.shieldwall.protocol;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts the certificates it was given and no other. A server that shows one of them byte for byte
 * is the one meant, by whatever name it was reached. A CA among them vouches for servers by its own
 * signature, and then the server's name must be in its certificate (RFC 9525).
 */
final class PinnedTrust extends X509ExtendedTrustManager {
  private final List<X509Certificate> pinned;
  private final X509ExtendedTrustManager authorities;

  PinnedTrust(List<X509Certificate> pinned) throws GeneralSecurityException {
    this.pinned = List.copyOf(pinned);
    this.authorities = authorities(pinned);
  }

  private static X509ExtendedTrustManager authorities(List<X509Certificate> pinned)
      throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    try {
      store.load(null, null);
    } catch (IOException e) {
      throw new GeneralSecurityException("an empty key store cannot be made", e);
    }
    for (int i = 0; i < pinned.size(); i++) {
      if (pinned.get(i).getBasicConstraints() >= 0) {
        store.setCertificateEntry("ca" + i, pinned.get(i));
      }
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return Arrays.stream(factory.getTrustManagers())
        .filter(X509ExtendedTrustManager.class::isInstance)
        .map(X509ExtendedTrustManager.class::cast)
        .findFirst()
        .orElseThrow(() -> new GeneralSecurityException("this JDK has no PKIX trust manager"));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
      throws CertificateException {
    if (isPinned(chain)) {
      return;
    }
    requireAuthority();
    if (engine == null || engine.getSSLParameters().getEndpointIdentificationAlgorithm() == null) {
      throw new CertificateException("the server's name is not checked");
    }
    authorities.checkServerTrusted(chain, type, engine);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
      throws CertificateException {
    if (!isPinned(chain)) {
      throw new NotPinnedException();
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    if (!isPinned(chain)) {
      throw new NotPinnedException();
    }
  }

  private boolean isPinned(X509Certificate[] chain) throws CertificateException {
    if (chain.length == 0 || !pinned.contains(chain[0])) {
      return false;
    }
    chain[0].checkValidity();
    return true;
  }

  private void requireAuthority() throws NotPinnedException {
    if (authorities.getAcceptedIssuers().length == 0) {
      throw new NotPinnedException();
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
      throws CertificateException {
    throw new CertificateException("this side is a client");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("this side is a client");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw new CertificateException("this side is a client");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }

  /** {@return the parameters of a connection whose server is checked here} */
  static SSLParameters parameters() {
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3"});
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    return parameters;
  }

  /** The server showed a certificate that is not one of those trusted. */
  static final class NotPinnedException extends CertificateException {
    private static final long serialVersionUID = 1L;

    NotPinnedException() {
      super("another certificate than the one that is trusted");
    }
  }
}
