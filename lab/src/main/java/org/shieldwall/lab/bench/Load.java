package org.shieldwall.lab.bench;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that attest one after the other, each on its own connection. */
final class Load {
  static final int CLIENTS = 8;
  static final int HOSTS_OF_EACH = 16;

  private Load() {}

  /**
   * What came of it.
   *
   * @param perSecond attestations a second, all clients together
   * @param medianMillis of one attestation, challenge and answer together
   * @param p99Millis the same
   * @param mostMillis the same
   * @param serviceMillis processor time that the service took for each
   */
  record Result(
      double perSecond,
      double medianMillis,
      double p99Millis,
      double mostMillis,
      double serviceMillis) {}

  /** {@return what {@code hosts} reach in so long, after so long that is not counted} */
  static Result run(HgsProcess service, List<SoftHost> hosts, Duration warmUp, Duration counted)
      throws IOException, GeneralSecurityException, InterruptedException {
    List<TlsConnection> connections = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
      for (int i = 0; i < CLIENTS; i++) {
        connections.add(service.connect());
      }
      all(threads, connections, hosts, warmUp);
      double before = service.processorSeconds();
      long begun = System.nanoTime();
      long[] nanos = all(threads, connections, hosts, counted);
      double seconds = (System.nanoTime() - begun) / 1e9;
      double used = service.processorSeconds() - before;
      return new Result(
          nanos.length / seconds,
          nanos[nanos.length / 2] / 1e6,
          nanos[(int) (nanos.length * 0.99)] / 1e6,
          nanos[nanos.length - 1] / 1e6,
          1000 * used / nanos.length);
    } finally {
      for (TlsConnection each : connections) {
        each.close();
      }
    }
  }

  private static long[] all(
      ExecutorService threads, List<TlsConnection> connections, List<SoftHost> hosts, Duration time)
      throws InterruptedException, IOException {
    long end = System.nanoTime() + time.toNanos();
    List<Callable<long[]>> clients = new ArrayList<>();
    for (int i = 0; i < connections.size(); i++) {
      TlsConnection connection = connections.get(i);
      int share = hosts.size() / connections.size();
      List<SoftHost> own = hosts.subList(i * share, (i + 1) * share);
      clients.add(() -> attest(connection, own, end));
    }
    List<long[]> times = new ArrayList<>();
    for (Future<long[]> client : threads.invokeAll(clients)) {
      try {
        times.add(client.get());
      } catch (ExecutionException e) {
        throw new IOException("a client failed", e.getCause());
      }
    }
    long[] sorted = times.stream().flatMapToLong(Arrays::stream).toArray();
    Arrays.sort(sorted);
    return sorted;
  }

  private static long[] attest(TlsConnection connection, List<SoftHost> hosts, long end)
      throws IOException {
    long[] nanos = new long[1024];
    int count = 0;
    for (long now = System.nanoTime(); now < end || count == 0; ) {
      hosts.get(count % hosts.size()).attest(connection);
      long then = System.nanoTime();
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count++] = then - now;
      now = then;
    }
    return Arrays.copyOf(nanos, count);
  }
}
