package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.attest.Attester;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.command.TpmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a health certificate: attests when the agent starts, again before half of a certificate's
 * life is over, and on demand. Never hands out one that has run out.
 */
final class HealthKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HealthKeeper.class);
  private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
  private static final Duration LAST_RETRY = Duration.ofMinutes(5);

  private final HostConfig config;
  private final HgsClient hgs;
  private final KeySet enclave;
  private final InstantSource clock;
  private final Thread renewal;
  private final Object lock = new Object();
  private final CountDownLatch closed = new CountDownLatch(1);
  private @Nullable AttestReply current;
  private @Nullable AgentException lastFailure;
  private @Nullable Instant obtained;

  HealthKeeper(HostConfig config, HgsClient hgs, KeySet enclave, InstantSource clock) {
    this.config = config;
    this.hgs = hgs;
    this.enclave = enclave;
    this.clock = clock;
    this.renewal = Thread.ofPlatform().daemon().name("attestation").unstarted(this::renewForEver);
  }

  void start() {
    renewal.start();
  }

  /** What is known of this host's health. */
  record Health(
      Optional<AttestReply> certificate,
      Optional<Instant> obtained,
      Optional<AgentException> lastFailure) {}

  Health health() {
    synchronized (lock) {
      return new Health(
          Optional.ofNullable(current).filter(this::inTime),
          Optional.ofNullable(obtained),
          Optional.ofNullable(lastFailure));
    }
  }

  /** {@return a certificate in time: the one that is held, or a new one} */
  AttestReply certificate() throws AgentException {
    Optional<AttestReply> held = health().certificate();
    return held.isPresent() ? held.get() : attest();
  }

  /** Attests now. */
  AttestReply attest() throws AgentException {
    synchronized (lock) {
      try {
        AttestReply reply = tryOnce();
        current = reply;
        obtained = clock.instant();
        lastFailure = null;
        Files.write(config.certificateFile(), reply.certificate().toArray());
        LOG.info("healthy as {} until {}", reply.host(), reply.expires());
        return reply;
      } catch (IOException problem) {
        throw failed(
            new AgentException(
                Kind.UNAVAILABLE,
                "evidence-not-readable",
                "the host's measurements cannot be read: " + problem.getMessage(),
                "a kernel with a TPM driver and securityfs shows them under /sys/kernel/security"));
      } catch (AgentException refused) {
        throw failed(refused);
      }
    }
  }

  private AgentException failed(AgentException why) {
    lastFailure = why;
    if (why.kind() == Kind.REFUSED) {
      // Healthy before is not healthy now.
      current = null;
    }
    return why;
  }

  private AttestReply tryOnce() throws AgentException, IOException {
    try {
      return new Attester(TpmAddress.parse(config.tpm()), config.evidence()).attest(hgs, enclave);
    } catch (RefusedException refused) {
      throw AgentException.of(refused);
    } catch (HgsUnavailableException unavailable) {
      throw AgentException.of(unavailable);
    } catch (TpmException problem) {
      throw new AgentException(
          Kind.UNAVAILABLE,
          "tpm-not-usable",
          "the TPM at " + config.tpm() + " does not serve: " + problem.getMessage(),
          "");
    } catch (MalformedException problem) {
      throw new AgentException(
          Kind.MALFORMED, "malformed-challenge", String.valueOf(problem.getMessage()), "");
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new AgentException(Kind.UNAVAILABLE, "interrupted", "the agent is stopping", "");
    }
  }

  private boolean inTime(AttestReply reply) {
    return clock.instant().isBefore(reply.expires());
  }

  private void renewForEver() {
    Duration retry = FIRST_RETRY;
    while (true) {
      Duration wait;
      try {
        attest();
        retry = FIRST_RETRY;
        wait = untilHalfLife();
      } catch (AgentException problem) {
        LOG.warn("no health certificate: {}", problem.what());
        wait = retry;
        retry =
            retry.multipliedBy(2).compareTo(LAST_RETRY) < 0 ? retry.multipliedBy(2) : LAST_RETRY;
      }
      try {
        if (closed.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
      } catch (InterruptedException stopped) {
        return;
      }
    }
  }

  private Duration untilHalfLife() {
    return health()
        .certificate()
        .map(reply -> Duration.between(clock.instant(), reply.expires()).dividedBy(2))
        .orElse(FIRST_RETRY);
  }

  @Override
  public void close() {
    closed.countDown();
    renewal.interrupt();
  }
}
