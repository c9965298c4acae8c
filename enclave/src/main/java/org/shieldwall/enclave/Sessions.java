package org.shieldwall.enclave;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.protector.PendingRelease;
import org.shieldwall.protector.ReleaseRequest;

/** Release requests that wait for their answer; few, for a short time, each taken once. */
final class Sessions {
  private static final int MAXIMUM = 64;
  private static final Duration LIFE = Duration.ofMinutes(5);

  private final Map<String, Session> open = new HashMap<>();
  private final SecureRandom random;
  private final InstantSource clock;

  private record Session(PendingRelease pending, Optional<Descriptor> user, Instant ends) {
    private void close() {
      user.ifPresent(Descriptor::close);
    }
  }

  /**
   * A request whose answer has come.
   *
   * @param user the user namespace for the VM's worker, where one came with the request
   */
  record Taken(PendingRelease pending, Optional<Descriptor> user) implements AutoCloseable {
    @Override
    public void close() {
      user.ifPresent(Descriptor::close);
    }
  }

  Sessions(SecureRandom random, InstantSource clock) {
    this.random = random;
    this.clock = clock;
  }

  /**
   * {@return the name of a new session}
   *
   * @param user is the session's from now on
   */
  synchronized String add(PendingRelease pending, Optional<Descriptor> user)
      throws RefusedException {
    Instant now = clock.instant();
    open.values().stream().filter(session -> !now.isBefore(session.ends())).forEach(Session::close);
    open.values().removeIf(session -> !now.isBefore(session.ends()));
    if (open.size() >= MAXIMUM) {
      user.ifPresent(Descriptor::close);
      throw new RefusedException(Refusal.BUSY, MAXIMUM + " release requests wait for an answer");
    }
    byte[] name = new byte[16];
    random.nextBytes(name);
    String session = HexFormat.of().formatHex(name);
    open.put(session, new Session(pending, user, now.plus(LIFE)));
    return session;
  }

  /** Ends the session {@code name}. {@return its request} */
  synchronized Taken take(String name, ReleaseRequest.Purpose purpose) throws RefusedException {
    Session session = open.remove(name);
    if (session == null || !clock.instant().isBefore(session.ends())) {
      throw new RefusedException(Refusal.UNKNOWN_SESSION, "no release request has this name");
    }
    if (session.pending().request().purpose() != purpose) {
      session.close();
      throw new RefusedException(
          Refusal.WRONG_PURPOSE,
          "the release was requested to " + session.pending().request().purpose().id());
    }
    return new Taken(session.pending(), session.user());
  }
}
