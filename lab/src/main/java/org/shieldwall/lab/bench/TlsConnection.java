package org.shieldwall.lab.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * One connection that is kept: TLS, and as much of HTTP/1.1 as the service's answers need. Made for
 * a client that costs little, on processors it shares with what is measured.
 */
final class TlsConnection implements SoftHost.Service, AutoCloseable {
  private static final int LONGEST_LINE = 8192;
  private static final int LONGEST_ANSWER = 1 << 20;

  private final SSLSocket socket;
  private final InputStream in;
  private final OutputStream out;

  TlsConnection(SSLContext tls, int port) throws IOException {
    socket = (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", port);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream(), 16 << 10);
    out = socket.getOutputStream();
  }

  /** {@return the body of the answer, which must be 200} */
  @Override
  public byte[] post(String path, byte[] body) throws IOException {
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, body.length);
    byte[] start = head.getBytes(StandardCharsets.US_ASCII);
    byte[] whole = new byte[start.length + body.length];
    System.arraycopy(start, 0, whole, 0, start.length);
    System.arraycopy(body, 0, whole, start.length, body.length);
    out.write(whole);
    out.flush();
    String status = line();
    byte[] answer = in.readNBytes(length());
    if (!status.startsWith("HTTP/1.1 200")) {
      throw new IOException(status + " " + new String(answer, StandardCharsets.UTF_8));
    }
    return answer;
  }

  private int length() throws IOException {
    int length = -1;
    for (String header = line(); !header.isEmpty(); header = line()) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(lower.substring("content-length:".length()).strip());
      }
    }
    if (length < 0 || length > LONGEST_ANSWER) {
      throw new IOException("an answer of no known length");
    }
    return length;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0 || line.length() > LONGEST_LINE) {
        throw new IOException("the connection ended");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
