package org.shieldwall.hgs.web;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionListener;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Closes a connection whose request headers take too long: one that sends a byte now and then
 * passes every time-out for a single read.
 */
final class HeaderDeadline implements Http1ConnectionListener {
  private final Duration patience;
  private final Map<ConnectionContext, Long> deadlines =
      Collections.synchronizedMap(new WeakHashMap<>());

  HeaderDeadline(Duration patience) {
    this.patience = patience;
  }

  @Override
  public void prologue(ConnectionContext connection, HttpPrologue prologue) {
    deadlines.put(connection, System.nanoTime() + patience.toNanos());
  }

  @Override
  public void headers(ConnectionContext connection, Headers headers) {
    deadlines.remove(connection);
  }

  @Override
  public void data(ConnectionContext connection, BufferData data) {
    check(connection);
  }

  @Override
  public void data(ConnectionContext connection, byte[] data, int position, int length) {
    check(connection);
  }

  private void check(ConnectionContext connection) {
    Long deadline = deadlines.get(connection);
    if (deadline != null && System.nanoTime() > deadline) {
      throw new CloseConnectionException("the request's headers took too long");
    }
  }
}
