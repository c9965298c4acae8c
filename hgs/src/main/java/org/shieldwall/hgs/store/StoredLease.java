package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.UUID;

/**
 * Which enclave has a VM, and until when.
 *
 * @param grant digest of the VM's grant
 * @param host name in the enclave's health certificate
 * @param identity what the host is known by
 * @param assurance what its attestation is worth
 * @param enclave id of the enclave's keys
 * @param resetCount the TPM's count of power cycles in that certificate
 * @param restartCount the TPM's count of resumes in it
 * @param generation released or reported last
 * @param since when this enclave got it
 * @param until the moment from which another may have it, if it is held
 * @param reports the number of the last report taken
 */
public record StoredLease(
    String grant,
    UUID vm,
    String host,
    String identity,
    String assurance,
    String enclave,
    long resetCount,
    long restartCount,
    long generation,
    Instant since,
    Instant until,
    State state,
    long reports) {

  /** What a lease is in. */
  public enum State {
    /** It runs, or did when it was last heard of. */
    HELD,
    /** The enclave has said that the VM has ended. */
    ENDED,
    /** Administrators have taken it from the enclave. */
    BROKEN;

    /** {@return its name in the store} */
    public String id() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** {@return whether nobody else may have the VM} */
  public boolean counts(Instant now) {
    return state == State.HELD && now.isBefore(until);
  }

  /** {@return the same, known until then} */
  public StoredLease heldUntil(Instant end, long newGeneration, long count) {
    return new StoredLease(
        grant,
        vm,
        host,
        identity,
        assurance,
        enclave,
        resetCount,
        restartCount,
        newGeneration,
        since,
        end,
        State.HELD,
        count);
  }

  /** {@return the same, over} */
  public StoredLease over(State how, Instant at, long count) {
    return new StoredLease(
        grant,
        vm,
        host,
        identity,
        assurance,
        enclave,
        resetCount,
        restartCount,
        generation,
        since,
        at,
        how,
        count);
  }
}
