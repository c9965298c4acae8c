package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What came of a host's last attestation, and of its last good one.
 *
 * @param host its name
 * @param mode how it attested
 * @param at when
 * @param healthy whether it was certified
 * @param policy name of the policy that it was held to
 * @param policyVersion that policy's version
 * @param failed labels of the checks that it did not pass, or codes of what else was wrong
 * @param certified when it was last certified, this time or before
 * @param expires when that certificate expires
 * @param baselines what its boot matched when it was last certified
 */
public record LastAttestation(
    String host,
    String mode,
    Instant at,
    boolean healthy,
    String policy,
    int policyVersion,
    List<String> failed,
    Optional<Instant> certified,
    Optional<Instant> expires,
    List<String> baselines) {
  /** Keeps its own copies of the lists. */
  public LastAttestation {
    failed = List.copyOf(failed);
    baselines = List.copyOf(baselines);
  }

  /** {@return the record of an attestation that was certified} */
  public static LastAttestation certified(
      String host,
      String mode,
      String policy,
      int policyVersion,
      Instant at,
      Instant expires,
      List<String> baselines) {
    return new LastAttestation(
        host,
        mode,
        at,
        true,
        policy,
        policyVersion,
        List.of(),
        Optional.of(at),
        Optional.of(expires),
        baselines);
  }

  /** {@return the record of an attestation that was refused} */
  public static LastAttestation refused(
      String host, String mode, String policy, int policyVersion, Instant at, List<String> failed) {
    return new LastAttestation(
        host,
        mode,
        at,
        false,
        policy,
        policyVersion,
        failed,
        Optional.empty(),
        Optional.empty(),
        List.of());
  }
}
