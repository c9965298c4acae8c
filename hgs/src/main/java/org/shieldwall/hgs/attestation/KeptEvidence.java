package org.shieldwall.hgs.attestation;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.hgs.attestation.TpmAppraisal.Judgement;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.EvidenceRegister;
import org.shieldwall.hgs.store.LastAttestation;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.hgs.store.StoredEvidence;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.AttestationBinding;

/** What is kept of an attestation: enough to explain it, and to judge it under another policy. */
final class KeptEvidence {
  private static final String MODE = "tpm";

  private final Database database;

  KeptEvidence(Database database) {
    this.database = database;
  }

  /** {@return what the host sent, ready to be kept} */
  EvidenceRegister.Prepared prepare(
      AttestRequest request, ChallengeToken token, RegisteredHost host) {
    StoredEvidence evidence =
        new StoredEvidence(
            host.name(),
            request.akPublic(),
            request.quote(),
            request.signature(),
            request.pcrs(),
            request.commandLine(),
            AttestationBinding.extraData(token.nonce(), token.enclave()),
            token.enclave(),
            Optional.of(request.eventLog()),
            request.ima(),
            token.imaFrom());
    return database.read(reading -> EvidenceRegister.prepare(reading, evidence));
  }

  /** {@return the record of a refusal} */
  static LastAttestation refused(RegisteredHost host, Judgement judgement, Instant now) {
    return LastAttestation.refused(
        host.name(),
        MODE,
        judgement.applied().policy().name(),
        judgement.applied().policy().version(),
        now,
        failed(judgement));
  }

  private static List<String> failed(Judgement judgement) {
    Set<String> failed = new LinkedHashSet<>();
    for (CheckResult each : judgement.appraisal().checks()) {
      if (each.outcome() == Outcome.FAIL || each.outcome() == Outcome.NOT_CHECKED) {
        failed.add(each.check().label());
      }
    }
    return List.copyOf(failed);
  }
}
