package org.shieldwall.host.migrate;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where other agents come with their VMs: a bounded number at once, each step of which is limited.
 */
public final class Arrivals implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Arrivals.class);
  private static final int AT_ONCE = 16;
  private static final Duration FIRST = Duration.ofSeconds(10);

  private final ServerSocket listener;
  private final Taker taker;
  private final SecureRandom random = new SecureRandom();
  private final Semaphore places = new Semaphore(AT_ONCE);
  private final Map<String, CompletableFuture<Peer>> awaited = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /** What takes a VM. */
  public interface Taker {
    /** Takes it. */
    void take(Passage.Target passage) throws AgentException, IOException;
  }

  private Arrivals(ServerSocket listener, Taker taker) {
    this.listener = listener;
    this.taker = taker;
  }

  /** Listens. */
  public static Arrivals listen(PeerAddress address, Taker taker) throws AgentException {
    try {
      ServerSocket listener = new ServerSocket();
      listener.bind(address.socketAddress(), AT_ONCE);
      Arrivals arrivals = new Arrivals(listener, taker);
      Thread.ofPlatform().daemon().name("arrivals").start(arrivals::serve);
      return arrivals;
    } catch (IOException | RuntimeException problem) {
      throw new AgentException(
          Kind.UNAVAILABLE,
          "address-not-usable",
          "the agent cannot take VMs at " + address + ": " + problem.getMessage(),
          "name another address of this host as migration in host.toml");
    }
  }

  /** {@return the port it listens at} */
  public int port() {
    return listener.getLocalPort();
  }

  private void serve() {
    while (!closed) {
      try {
        admit(listener.accept());
      } catch (IOException problem) {
        if (!closed) {
          LOG.error("no VMs of other hosts are taken any more: {}", problem.getMessage());
        }
        return;
      }
    }
  }

  private void admit(Socket socket) throws IOException {
    if (!places.tryAcquire()) {
      socket.close();
      return;
    }
    Thread.ofPlatform()
        .daemon()
        .name("arrival")
        .start(() -> {
          try {
            converse(new Peer(socket));
          } catch (IOException gone) {
            LOG.debug("another agent went away: {}", gone.getMessage());
          } finally {
            places.release();
          }
        });
  }

  private void converse(Peer peer) throws IOException {
    boolean kept = false;
    try {
      Json first = peer.receive(FIRST);
      switch (first.at("do").text(20)) {
        case "migrate" -> taker.take(new Passage.Target(peer, this, first));
        case "stream" -> kept = hand(first.members("do", "token").at("token").text(64), peer);
        default -> throw first.at("do").malformed("migrate or stream", "another");
      }
    } catch (AgentException refused) {
      LOG.warn("a VM of another host is not taken: {}: {}", refused.code(), refused.what());
      peer.refuse(refused);
    } catch (ProtectorException malformed) {
      peer.refuse(Peer.malformed(malformed.detail()));
    } finally {
      if (!kept) {
        peer.close();
      }
    }
  }

  private boolean hand(String token, Peer peer) {
    CompletableFuture<Peer> waiting = awaited.remove(token);
    return waiting != null && waiting.complete(peer);
  }

  /** Says that it is ready, and waits for the other agent's second connection. */
  Peer await(Peer control, Duration limit) throws IOException {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    String token = HexFormat.of().formatHex(bytes);
    CompletableFuture<Peer> waiting = new CompletableFuture<>();
    awaited.put(token, waiting);
    try {
      control.send(Json.object().put("ready", token));
      return waiting.get(limit.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException late) {
      throw new IOException("the other agent did not open the stream");
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IOException("the agent is stopping");
    } finally {
      awaited.remove(token);
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      listener.close();
    } catch (IOException e) {
      // It is not used any more.
    }
  }
}
