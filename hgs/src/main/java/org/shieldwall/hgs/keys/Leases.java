package org.shieldwall.hgs.keys;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.store.LeaseRegister;
import org.shieldwall.hgs.store.MoveRegister;
import org.shieldwall.hgs.store.StoredLease;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protocol.HealthClaims;

/**
 * One enclave at a time has a VM (docs/protocol.md, section 5). It stops the VM by itself when its
 * time is up, measured from before it asked; here the time ends later, so that whatever lies
 * between the two clocks is on the safe side.
 */
final class Leases {
  /** For clocks that do not run equally fast. */
  private static final Duration LONGER_HERE = Duration.ofSeconds(30);

  private final Duration time;

  /** Leases of this length. */
  Leases(Duration time) {
    this.time = time;
  }

  Duration time() {
    return time;
  }

  /** {@return the lease that keeps the enclave in {@code claims} from having the VM} */
  static Optional<StoredLease> obstacle(
      Handle handle, KeyProtector protector, HealthClaims claims, Instant now) {
    return find(handle, protector)
        .filter(lease -> lease.counts(now))
        .filter(lease -> !isOf(lease, claims))
        .filter(lease -> !isOfEarlierBoot(lease, claims));
  }

  private static Optional<StoredLease> find(Handle handle, KeyProtector protector) {
    return LeaseRegister.find(
        handle, protector.grant().digest().text(), protector.vm().orElseThrow());
  }

  static boolean isOf(StoredLease lease, HealthClaims claims) {
    return lease.enclave().equals(claims.enclave().id().text());
  }

  /**
   * An enclave does not outlive its boot: where the same TPM shows another enclave in a later boot
   * (PCR 15 takes one a boot), the earlier one is gone, and all that it ran.
   */
  private static boolean isOfEarlierBoot(StoredLease lease, HealthClaims claims) {
    boolean later =
        claims.resetCount() > lease.resetCount()
            || (claims.resetCount() == lease.resetCount()
                && claims.restartCount() > lease.restartCount());
    return later
        && lease.identity().equals(claims.identity())
        && lease.assurance().equals(Assurance.TPM.id())
        && claims.assurance().equals(Assurance.TPM.id());
  }

  /** {@return whether the enclave that has the VM offers it to the one in {@code claims}} */
  static boolean isOffered(Handle handle, StoredLease lease, HealthClaims claims) {
    return MoveRegister.find(handle, lease.grant(), lease.vm())
        .filter(move -> move.source().equals(lease.enclave()))
        .filter(move -> move.target().equals(claims.enclave().id().text()))
        .isPresent();
  }

  /** Gives the VM to the enclave in {@code claims}, which nothing keeps from having it. */
  void take(Handle writing, KeyProtector next, HealthClaims claims, Instant now) {
    Optional<StoredLease> mine = find(writing, next).filter(lease -> isOf(lease, claims));
    StoredLease lease = lease(next, claims, now, mine.map(StoredLease::reports).orElse(0L));
    LeaseRegister.put(writing, lease);
    MoveRegister.forget(writing, lease.grant(), lease.vm());
  }

  /** Has the VM go to the enclave in {@code claims} once the one that has it hands it over. */
  void prepareMove(Handle writing, KeyProtector next, HealthClaims claims, Instant now) {
    MoveRegister.ready(writing, lease(next, claims, now, 0));
  }

  private StoredLease lease(KeyProtector next, HealthClaims claims, Instant now, long reports) {
    return new StoredLease(
        next.grant().digest().text(),
        next.vm().orElseThrow(),
        claims.host(),
        claims.identity(),
        claims.assurance(),
        claims.enclave().id().text(),
        claims.resetCount(),
        claims.restartCount(),
        next.generation(),
        now.truncatedTo(ChronoUnit.SECONDS),
        end(now),
        StoredLease.State.HELD,
        reports);
  }

  /** Gives the VM to the enclave that it was offered to; {@return whether that has its keys} */
  boolean move(Handle writing, StoredLease from, Instant now) {
    Optional<StoredLease> to =
        MoveRegister.leaseOfTarget(
            writing, from.grant(), from.vm(), now.truncatedTo(ChronoUnit.SECONDS), end(now));
    to.ifPresent(lease -> {
      LeaseRegister.put(writing, lease);
      MoveRegister.forget(writing, from.grant(), from.vm());
    });
    return to.isPresent();
  }

  /** {@return when a lease given now is over} */
  Instant end(Instant now) {
    return now.plus(time).plus(LONGER_HERE).truncatedTo(ChronoUnit.SECONDS);
  }
}
