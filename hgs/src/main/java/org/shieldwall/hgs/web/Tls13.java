package org.shieldwall.hgs.web;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A TLS context whose sockets speak version 1.3 and nothing else, and are closed if their handshake
 * takes too long: the server's own time-outs are for each read, and a client that sends a byte now
 * and then would keep its connection for hours.
 */
final class Tls13 extends SSLContext {
  private static final String PROTOCOL = "TLSv1.3";

  /** Longer than clients keep an idle connection: the JDK's do so for 30 s. */
  private static final int STALL_MILLIS = 75_000;

  private Tls13(Bounded bounded, SSLContext context) {
    super(bounded, context.getProvider(), PROTOCOL);
  }

  /**
   * {@return a context that shows {@code certificate}}
   *
   * @param handshake how long a handshake may take
   * @param deadlines where the ends of handshakes are waited for
   */
  static Tls13 serving(
      PrivateKey key,
      X509Certificate certificate,
      Duration handshake,
      ScheduledExecutorService deadlines)
      throws GeneralSecurityException {
    char[] unused = "in memory only".toCharArray();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(null, null);
    } catch (IOException e) {
      throw new GeneralSecurityException("an empty key store cannot be made", e);
    }
    store.setKeyEntry("hgs", key, unused, new Certificate[] {certificate});
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, unused);
    SSLContext context = SSLContext.getInstance(PROTOCOL);
    context.init(keys.getKeyManagers(), null, null);
    context.getServerSessionContext().setSessionCacheSize(10_000);
    return new Tls13(new Bounded(context, handshake, deadlines), context);
  }

  private static final class Bounded extends SSLContextSpi {
    private final SSLContext context;
    private final Duration handshake;
    private final ScheduledExecutorService deadlines;

    Bounded(SSLContext context, Duration handshake, ScheduledExecutorService deadlines) {
      this.context = context;
      this.handshake = handshake;
      this.deadlines = deadlines;
    }

    @Override
    protected void engineInit(
        KeyManager @Nullable [] keys,
        TrustManager @Nullable [] trust,
        @Nullable SecureRandom random) {
      throw new IllegalStateException("initialised already");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return new BoundedSockets(context.getSocketFactory(), handshake, deadlines);
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return context.getServerSocketFactory();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return only13(context.createSSLEngine());
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return only13(context.createSSLEngine(host, port));
    }

    private static SSLEngine only13(SSLEngine engine) {
      engine.setEnabledProtocols(new String[] {PROTOCOL});
      return engine;
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return context.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return context.getClientSessionContext();
    }
  }

  /** Only the one way of making a socket that the server uses: around an accepted connection. */
  private static final class BoundedSockets extends SSLSocketFactory {
    private final SSLSocketFactory sockets;
    private final Duration handshake;
    private final ScheduledExecutorService deadlines;

    BoundedSockets(
        SSLSocketFactory sockets, Duration handshake, ScheduledExecutorService deadlines) {
      this.sockets = sockets;
      this.handshake = handshake;
      this.deadlines = deadlines;
    }

    @Override
    public Socket createSocket(Socket accepted, @Nullable InputStream consumed, boolean autoClose)
        throws IOException {
      accepted.setSoTimeout(STALL_MILLIS);
      // An answer is written at once: nothing follows that would be worth waiting for.
      accepted.setTcpNoDelay(true);
      SSLSocket tls = (SSLSocket) sockets.createSocket(accepted, consumed, autoClose);
      tls.setEnabledProtocols(new String[] {PROTOCOL});
      ScheduledFuture<?> deadline =
          deadlines.schedule(
              () -> closeQuietly(accepted), handshake.toMillis(), TimeUnit.MILLISECONDS);
      tls.addHandshakeCompletedListener(event -> deadline.cancel(false));
      return tls;
    }

    private static void closeQuietly(Socket socket) {
      try {
        socket.close();
      } catch (IOException e) {
        // It is closed, or was: either way nobody holds it any more.
      }
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return sockets.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return sockets.getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose) {
      throw new UnsupportedOperationException("this side is a server");
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw new UnsupportedOperationException("this side is a server");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
      throw new UnsupportedOperationException("this side is a server");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      throw new UnsupportedOperationException("this side is a server");
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
      throw new UnsupportedOperationException("this side is a server");
    }
  }
}
