package org.shieldwall.hgs.attestation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CodeIntegrityRules;
import org.shieldwall.evidence.ImaPolicy;
import org.shieldwall.hgs.store.BaselineDocument;
import org.shieldwall.hgs.store.BaselineRegister;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.PolicyRevision;
import org.shieldwall.protector.ProtectorException;

/**
 * The policy of the moment: what the configuration says, with the baselines that the store has now.
 * They are read again when the store says that something changed.
 */
final class PolicySource {
  private final Database database;
  private final AttestationSettings settings;
  private volatile Snapshot snapshot;

  private record Snapshot(long revision, AttestationPolicy policy) {}

  PolicySource(Database database, AttestationSettings settings) {
    this.database = database;
    this.settings = settings;
    this.snapshot = new Snapshot(-1, policy(List.of()));
  }

  /** {@return the policy} */
  AttestationPolicy current() {
    return database.read(this::current);
  }

  private AttestationPolicy current(Handle reading) {
    long revision = PolicyRevision.current(reading);
    Snapshot known = snapshot;
    if (known.revision() != revision) {
      known = new Snapshot(revision, policy(baselines(reading)));
      snapshot = known;
    }
    return known.policy();
  }

  private static List<BootBaseline> baselines(Handle reading) {
    List<BootBaseline> baselines = new ArrayList<>();
    for (BaselineRegister.Stored stored : BaselineRegister.all(reading)) {
      try {
        baselines.add(BaselineDocument.parse(stored.document().getBytes(StandardCharsets.UTF_8)));
      } catch (ProtectorException e) {
        throw new IllegalStateException(
            "the stored baseline " + stored.name() + " does not read", e);
      }
    }
    return baselines;
  }

  private AttestationPolicy policy(List<BootBaseline> baselines) {
    AttestationPolicy policy =
        AttestationPolicy.standard(settings.policyName(), settings.policyVersion(), baselines);
    Optional<ImaPolicy> ima = settings.imaAllowed().map(ImaPolicy::strict);
    return ima.isEmpty()
        ? policy
        : policy
            .with(Set.of(Check.CODE_INTEGRITY))
            .with(policy.settings().withCodeIntegrity(CodeIntegrityRules.of(ima.get())));
  }
}
