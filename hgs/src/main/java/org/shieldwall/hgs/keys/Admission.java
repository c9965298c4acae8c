package org.shieldwall.hgs.keys;

import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.store.RestoreRegister;
import org.shieldwall.hgs.store.StoredLease;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.RestoreGrant;

/**
 * Whether the store has anything against a release: asked once before its keys are made, to spare
 * the work, and once more in the transaction that makes it count.
 */
sealed interface Admission {
  /**
   * Nothing.
   *
   * @param standing of the protector; empty for shielding data, which has none
   * @param moves whether the enclave that has the VM offers it to the one that asks
   */
  record Admitted(Optional<Generations.Standing.Current> standing, boolean moves)
      implements Admission {
    /** {@return digest of the sealed state, if it is known} */
    Optional<Digest> state() {
      return standing.flatMap(Generations.Standing.Current::state);
    }
  }

  /** The protector is of an old or unknown copy. */
  record NotCurrent(Generations.Standing standing) implements Admission {}

  /** Another enclave has the VM. */
  record RunsElsewhere(StoredLease lease) implements Admission {}

  /** The owner bound the VM to the machine of this identity. */
  record BoundElsewhere(String bound) implements Admission {}

  /** The owner's grant to restore was used. */
  record RestoreUsed() implements Admission {}

  /** What a copy is that the owner lets start. */
  private static Generations.Standing restorable(
      Generations.Standing standing, RestoreGrant restore) {
    return switch (standing) {
      case Generations.Standing.Superseded old ->
          new Generations.Standing.Current(true, true, Optional.of(restore.state()), old.bound());
      case Generations.Standing.Unknown _ ->
          new Generations.Standing.Current(
              false, true, Optional.of(restore.state()), Optional.empty());
      case Generations.Standing.Current current -> current;
    };
  }

  /** Judges. */
  static Admission of(Handle handle, Asked asked, Instant now) {
    if (asked.protector().vm().isEmpty()) {
      return new Admitted(Optional.empty(), false);
    }
    Generations.Standing standing = Generations.standing(handle, asked.protector());
    if (asked.restore().isPresent() && !(standing instanceof Generations.Standing.Current)) {
      if (RestoreRegister.isUsed(handle, asked.restore().get().id())) {
        return new RestoreUsed();
      }
      standing = restorable(standing, asked.restore().get());
    }
    if (!(standing instanceof Generations.Standing.Current current)) {
      return new NotCurrent(standing);
    }
    Optional<StoredLease> lease = Leases.obstacle(handle, asked.protector(), asked.claims(), now);
    boolean moves = lease.isPresent() && Leases.isOffered(handle, lease.get(), asked.claims());
    if (lease.isPresent() && !moves) {
      return new RunsElsewhere(lease.get());
    }
    Optional<String> bound =
        current.bound().filter(identity -> !identity.equals(asked.claims().identity()));
    return bound.isPresent()
        ? new BoundElsewhere(bound.get())
        : new Admitted(Optional.of(current), moves);
  }
}
