package org.shieldwall.hgs.keys;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.keys.CertificateGrounds.Gone;
import org.shieldwall.hgs.keys.Generations.Standing;
import org.shieldwall.hgs.store.RestoreRegister;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.RestoreGrant;

/**
 * What makes a release count: generation, lease, nonce and record, together or not at all, on the
 * disk before the keys leave.
 */
final class ReleaseTransaction {
  private final AuditLog audit;
  private final Leases leases;
  private final ReleaseNonces nonces = new ReleaseNonces();

  ReleaseTransaction(AuditLog audit, Leases leases) {
    this.audit = audit;
    this.leases = leases;
  }

  /** What came of it. */
  sealed interface Outcome {
    /** It counts. */
    record Done() implements Outcome {}

    /** The request had been answered before. */
    record Replayed() implements Outcome {}

    /** Something has gone from under the certificate meanwhile. */
    record Groundless(Gone gone) implements Outcome {}

    /** The VM was started, or its state reported, meanwhile. */
    record Changed() implements Outcome {}

    /** Something is against it. */
    record NotAdmitted(Admission why) implements Outcome {}
  }

  /**
   * Writes it.
   *
   * @param state what the sealed answer says of the VM's state
   */
  Outcome write(
      Handle writing, Asked asked, KeyProtector next, Optional<Digest> state, Instant now) {
    Optional<Gone> gone = CertificateGrounds.gone(writing, asked.certificate(), now);
    if (gone.isPresent()) {
      return new Outcome.Groundless(gone.get());
    }
    Admission admission = Admission.of(writing, asked, now);
    if (!(admission instanceof Admission.Admitted admitted)) {
      return new Outcome.NotAdmitted(admission);
    }
    if (!admitted.state().equals(state)) {
      return new Outcome.Changed();
    }
    if (!nonces.spend(writing, asked.request(), asked.certificate().expires(), now)) {
      return new Outcome.Replayed();
    }
    if (admitted.standing().isPresent()) {
      start(writing, asked, admitted, next, now);
    } else {
      Generations.begin(writing, next, now);
    }
    audit.append(writing, AuditKind.RELEASED, Asked.subject(next), asked.facts(Optional.of(next)));
    return new Outcome.Done();
  }

  private void restore(Handle writing, Asked asked, RestoreGrant grant, Instant now) {
    RestoreRegister.use(writing, grant.id(), now);
    Generations.restored(writing, asked.protector(), grant.state());
    Map<String, Object> facts = asked.facts(Optional.empty());
    facts.put("restoreGrant", grant.id().toString());
    facts.put("state", grant.state().text());
    audit.append(writing, AuditKind.RESTORED, asked.subject(), facts);
  }

  private void start(
      Handle writing, Asked asked, Admission.Admitted admitted, KeyProtector next, Instant now) {
    Standing.Current standing = admitted.standing().orElseThrow();
    boolean restores =
        asked.restore().isPresent()
            && !(Generations.standing(writing, asked.protector()) instanceof Standing.Current);
    Generations.advance(writing, asked.protector(), standing, next, now);
    if (restores) {
      restore(writing, asked, asked.restore().get(), now);
    }
    if (next.grant().policy().bindHost() && standing.bound().isEmpty()) {
      Generations.bind(writing, next, asked.claims().identity());
    }
    if (admitted.moves()) {
      leases.prepareMove(writing, next, asked.claims(), now);
    } else {
      leases.take(writing, next, asked.claims(), now);
    }
  }
}
