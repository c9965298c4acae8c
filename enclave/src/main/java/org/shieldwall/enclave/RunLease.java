package org.shieldwall.enclave;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyId;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.Lease;
import org.shieldwall.protector.Lease.Standing;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.VmReport;

/**
 * How long a VM may run, by the word of the key protection service alone (protocol.md, section 5).
 * Whoever carries reports and answers may lose them, keep them back or give them twice: then there
 * is less time, never more. Of the answers only one to the newest report counts, once, from the
 * moment before the report was signed.
 */
final class RunLease {
  private final KeyProtector current;
  private final Guardian guardian;
  private final Signer signer;

  private Optional<Standing> standing = Optional.empty();
  private Duration whole;
  private long ends;
  private @Nullable VmReport asked;
  private long askedAt;

  /**
   * Signs an enclave's reports and numbers them.
   *
   * @param clock nanoseconds on a clock that goes on while the machine sleeps
   */
  record Signer(PrivateKeySet keys, SecureRandom random, AtomicLong count, LongSupplier clock) {}

  /**
   * The lease of a VM that waits for its first word.
   *
   * @param current of the generation that runs
   * @param usual how long leases are
   */
  RunLease(KeyProtector current, Duration usual, Signer signer) {
    this.current = current;
    this.guardian = current.grant().holder(current.signer()).orElseThrow();
    this.whole = usual;
    this.signer = signer;
  }

  /** {@return a report; the answer to an earlier one does not count any more} */
  synchronized VmReport report(VmReport.Event event, Optional<Digest> state) {
    askedAt = signer.clock().getAsLong();
    VmReport report =
        VmReport.sign(
            VmReport.Subject.of(current),
            event,
            state,
            signer.count().incrementAndGet(),
            signer.keys(),
            signer.random());
    asked = report;
    return report;
  }

  /** {@return a report of the VM on its way to another enclave} */
  synchronized VmReport reportMove(VmReport.Event event, KeyId target) {
    askedAt = signer.clock().getAsLong();
    VmReport report =
        VmReport.signMove(
            VmReport.Subject.of(current),
            event,
            target,
            signer.count().incrementAndGet(),
            signer.keys(),
            signer.random());
    asked = report;
    return report;
  }

  /** Gives the time up that is left: nothing runs before there is another word. */
  synchronized void giveUp() {
    if (!lost()) {
      standing = Optional.empty();
    }
    asked = null;
  }

  /** {@return whether the service knows that it has ended here} */
  synchronized boolean ended() {
    return standing.equals(Optional.of(Standing.ENDED));
  }

  /** Takes the answer to the newest report. */
  synchronized Standing take(Json answer) throws ProtectorException, RefusedException {
    VmReport report = asked;
    if (report == null) {
      throw new RefusedException(
          Refusal.NOT_REPORTED, "nothing was reported that this could be the answer to");
    }
    Lease lease = Lease.verify(answer, report, guardian);
    asked = null;
    if (!lost()) {
      standing = Optional.of(lease.standing());
      ends = askedAt + lease.time().toNanos();
      whole = lease.time().isZero() ? whole : lease.time();
    }
    return standing.orElseThrow();
  }

  /** {@return whether the guest may run now} */
  synchronized boolean runs() {
    return standing.equals(Optional.of(Standing.HELD)) && left().isPositive();
  }

  /** {@return whether this copy must never go on} */
  synchronized boolean lost() {
    return standing.equals(Optional.of(Standing.ELSEWHERE))
        || standing.equals(Optional.of(Standing.BROKEN));
  }

  private Duration left() {
    return Duration.ofNanos(ends - signer.clock().getAsLong());
  }

  /** {@return why it must not go on, or does not, in words} */
  synchronized String why() {
    return switch (standing.orElse(Standing.HELD)) {
      case HELD -> "the key protection service has not been heard for as long as the lease was";
      case ENDED -> "it was reported as ended";
      case ELSEWHERE -> "the VM was started on another host since";
      case BROKEN -> "administrators have taken the VM from this host";
    };
  }

  synchronized Answer.VmLease state() {
    boolean held = standing.equals(Optional.of(Standing.HELD));
    return new Answer.VmLease(
        standing.map(Standing::id).orElse("asked"),
        held ? Math.max(0, left().toSeconds()) : 0,
        whole.toSeconds());
  }
}
