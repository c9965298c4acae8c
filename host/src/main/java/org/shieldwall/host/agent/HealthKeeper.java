package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.HostConfig;
import org.shieldwall.host.attest.AttestationSetting;
import org.shieldwall.host.attest.Attester;
import org.shieldwall.host.attest.KeptCertificate;
import org.shieldwall.host.attest.ModeAttester;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.host.attest.directory.DirectoryAttester;
import org.shieldwall.host.attest.hostkey.HostKeyAttester;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.command.TpmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a health certificate: attests when the agent starts, again before half of a certificate's
 * life is over, on demand, and as soon as {@link HostWatch} sees that the host has changed. Never
 * hands out one that has run out.
 */
final class HealthKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HealthKeeper.class);
  private static final Instant ORIGIN = Instant.EPOCH;

  private final HostConfig config;
  private final HgsClient hgs;
  private final KeySet enclave;
  private final InstantSource clock;
  private final Pace pace;
  private final ModeAttester attester;
  private final HostWatch watch;
  private final Thread renewal;
  private final ReentrantLock attesting = new ReentrantLock();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Guards what follows; never held while the TPM or the service is waited for. */
  private final Object lock = new Object();

  private final AttestationPlan plan;
  private @Nullable AttestReply current;
  private @Nullable AgentException lastFailure;
  private @Nullable Instant obtained;
  private @Nullable Attempt lastAttempt;
  private Attempt running = new Attempt(AttestationCause.START, "", Instant.EPOCH, "");
  private String lastSeen = "";

  HealthKeeper(HostConfig config, HgsClient hgs, KeySet enclave, InstantSource clock, Pace pace) {
    this.config = config;
    this.hgs = hgs;
    this.enclave = enclave;
    this.clock = clock;
    this.pace = pace;
    this.attester = attester(config, clock);
    this.plan = new AttestationPlan(pace, new SecureRandom(), monotonic());
    this.watch =
        new HostWatch(
            config.evidence().imaCount(),
            Path.of("/proc/uptime"),
            System::nanoTime,
            () -> sight(config),
            pace.lookAtTpm());
    this.renewal = Thread.ofPlatform().daemon().name("attestation").unstarted(this::keepOn);
  }

  private static ModeAttester attester(HostConfig config, InstantSource clock) {
    return switch (config.attestation()) {
      case AttestationSetting.Tpm _ ->
          new Attester(
              TpmAddress.parse(config.tpm()),
              config.evidence(),
              new KeptCertificate(config.attestationKeyCertificate(), clock));
      case AttestationSetting.HostKey key -> new HostKeyAttester(key.file(), config.tpm());
      case AttestationSetting.Directory directory -> new DirectoryAttester(directory);
    };
  }

  /** Where no TPM speaks for the host, its changes are nothing to attest again for. */
  private static TpmSight sight(HostConfig config) throws IOException, TpmException {
    return config.attestation() instanceof AttestationSetting.Tpm
        ? TpmSight.of(TpmAddress.parse(config.tpm()))
        : TpmSight.NONE;
  }

  void start() {
    renewal.start();
  }

  /**
   * An attempt to attest that has come to its end.
   *
   * @param detail what was seen that led to it; may be empty
   * @param at when it began
   * @param outcome {@code healthy}, or the code of what was wrong
   */
  record Attempt(AttestationCause cause, String detail, Instant at, String outcome) {}

  /**
   * What is known of this host's health.
   *
   * @param next what is planned, by the wall clock
   * @param filesWatched how many files the kernel has measured, if the service asks what they are
   */
  record Health(
      Optional<AttestReply> certificate,
      Optional<Instant> obtained,
      Optional<AgentException> lastFailure,
      Optional<Attempt> lastAttempt,
      AttestationPlan.Planned next,
      OptionalLong filesWatched) {}

  Health health() {
    OptionalLong files = watch.files();
    synchronized (lock) {
      AttestationPlan.Planned next = plan.next();
      Instant at = clock.instant().plus(Duration.between(monotonic(), next.at()));
      return new Health(
          Optional.ofNullable(current).filter(this::inTime),
          Optional.ofNullable(obtained),
          Optional.ofNullable(lastFailure),
          Optional.ofNullable(lastAttempt),
          new AttestationPlan.Planned(next.cause(), at),
          attester.sentFiles() ? files : OptionalLong.empty());
    }
  }

  /** {@return a certificate in time: the one that is held, or a new one} */
  AttestReply certificate() throws AgentException {
    Optional<AttestReply> held = health().certificate();
    return held.isPresent() ? held.get() : attest(AttestationCause.ASKED);
  }

  /**
   * {@return another certificate than one that the key protection service has refused}
   *
   * <p>The refused one is not handed out again, whatever comes of it.
   */
  AttestReply insteadOf(Bytes refused) throws AgentException {
    synchronized (lock) {
      AttestReply held = current;
      if (held != null && held.certificate().equals(refused)) {
        current = null;
      }
    }
    Optional<AttestReply> newer = health().certificate();
    return newer.isPresent() ? newer.get() : attest(AttestationCause.CERTIFICATE_REFUSED);
  }

  /** Attests now. */
  AttestReply attest(AttestationCause cause) throws AgentException {
    attesting.lock();
    try {
      watch.mark(monotonic());
      begin(cause);
      AttestReply reply = tryOnce();
      succeeded(reply);
      keep(reply);
      LOG.info("healthy as {} until {} ({})", reply.host(), reply.expires(), cause.why());
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
    } finally {
      attesting.unlock();
    }
  }

  /** For people and for other programs; the agent itself does not read it. */
  private void keep(AttestReply reply) {
    try {
      Files.write(config.certificateFile(), reply.certificate().toArray());
    } catch (IOException problem) {
      LOG.warn("{} is not written: {}", config.certificateFile(), problem.getMessage());
    }
  }

  private void begin(AttestationCause cause) {
    synchronized (lock) {
      running = new Attempt(cause, lastSeen, clock.instant(), "");
      lastSeen = "";
      plan.attempting(monotonic());
    }
  }

  private void succeeded(AttestReply reply) {
    synchronized (lock) {
      Instant now = clock.instant();
      current = reply;
      obtained = now;
      lastFailure = null;
      ended("healthy");
      plan.healthy(monotonic(), Duration.between(now, reply.expires()));
    }
  }

  private AgentException failed(AgentException why) {
    synchronized (lock) {
      lastFailure = why;
      if (why.kind() == Kind.REFUSED) {
        // Healthy before is not healthy now.
        current = null;
      }
      ended(why.code());
      plan.failed(monotonic());
    }
    return why;
  }

  private void ended(String outcome) {
    lastAttempt = new Attempt(running.cause(), running.detail(), running.at(), outcome);
  }

  private AttestReply tryOnce() throws AgentException, IOException {
    try {
      return attester.attest(hgs, enclave);
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

  private void keepOn() {
    while (true) {
      AttestationPlan.Planned next = look();
      Duration wait = Duration.between(monotonic(), next.at());
      if (wait.isPositive()) {
        if (isClosedWithin(wait.compareTo(pace.look()) < 0 ? wait : pace.look())) {
          return;
        }
      } else if (!attemptFor(next.cause())) {
        return;
      }
    }
  }

  /** {@return what is next, after a look at the host} */
  private AttestationPlan.Planned look() {
    Optional<HostWatch.Seen> seen = watch.look(monotonic(), attester.sentFiles());
    synchronized (lock) {
      seen.ifPresent(change -> {
        lastSeen = change.detail();
        plan.changed(change.cause(), monotonic());
      });
      return plan.next();
    }
  }

  /** {@return whether to go on} */
  private boolean attemptFor(AttestationCause cause) {
    try {
      attest(cause);
    } catch (AgentException problem) {
      LOG.warn("no health certificate ({}): {}", cause.why(), problem.what());
    } catch (RuntimeException bug) {
      // The agent goes on to serve; without this it would silently never attest again.
      LOG.error("attesting failed unexpectedly", bug);
      synchronized (lock) {
        plan.failed(monotonic());
      }
    }
    return closed.getCount() > 0;
  }

  private boolean isClosedWithin(Duration wait) {
    try {
      return closed.await(Math.max(1, wait.toMillis()), TimeUnit.MILLISECONDS);
    } catch (InterruptedException stopped) {
      return true;
    }
  }

  private static Instant monotonic() {
    return ORIGIN.plusNanos(System.nanoTime());
  }

  @Override
  public void close() {
    closed.countDown();
    renewal.interrupt();
  }
}
