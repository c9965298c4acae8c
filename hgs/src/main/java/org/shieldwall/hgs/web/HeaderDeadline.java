package org.shieldwall.hgs.web;

import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionListener;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection whose request headers take too long: one that sends a byte now and then
 * passes every time-out for a single read.
 */
final class HeaderDeadline implements Http1ConnectionListener {
  private final Duration patience;
  private final ScheduledExecutorService deadlines;
  private final Map<ConnectionContext, ScheduledFuture<?>> running =
      Collections.synchronizedMap(new WeakHashMap<>());

  HeaderDeadline(Duration patience, ScheduledExecutorService deadlines) {
    this.patience = patience;
    this.deadlines = deadlines;
  }

  @Override
  public void prologue(ConnectionContext connection, HttpPrologue prologue) {
    running.put(
        connection,
        deadlines.schedule(
            () -> connection.serverSocket().close(), patience.toMillis(), TimeUnit.MILLISECONDS));
  }

  @Override
  public void headers(ConnectionContext connection, Headers headers) {
    ScheduledFuture<?> deadline = running.remove(connection);
    if (deadline != null) {
      deadline.cancel(false);
    }
  }
}
