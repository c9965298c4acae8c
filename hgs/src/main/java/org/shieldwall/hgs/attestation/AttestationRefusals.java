package org.shieldwall.hgs.attestation;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;

/** Refuses hosts, each time with a record that says whom and why. */
final class AttestationRefusals {
  private final AuditedRefusals refusals;

  AttestationRefusals(AuditedRefusals refusals) {
    this.refusals = refusals;
  }

  /** {@return a refusal of whoever is not a host that may attest} */
  RefusedException stranger(
      String subject, String detail, List<ReportedFinding> findings, Map<String, ?> facts) {
    return refusals.refuse(
        AuditKind.ATTESTATION_REFUSED,
        ProblemType.ATTESTATION_REFUSED,
        subject,
        detail,
        findings,
        facts);
  }

  /** {@return a refusal of a token} */
  RefusedException token(ReportedFinding finding) {
    return refusals.refuse(
        AuditKind.ATTESTATION_REFUSED,
        ProblemType.TOKEN_REFUSED,
        "unknown host",
        finding.title(),
        List.of(finding),
        Map.of());
  }

  /** {@return a refusal of a registered host before it has been challenged} */
  RefusedException host(RegisteredHost host, String detail, List<ReportedFinding> findings) {
    return host(host, ProblemType.ATTESTATION_REFUSED, detail, findings, Optional.empty());
  }

  /**
   * {@return a refusal of a host's evidence}
   *
   * @param also what else is written in the same transaction
   */
  RefusedException evidence(
      RegisteredHost host, List<ReportedFinding> findings, Consumer<Handle> also) {
    boolean unreadable =
        findings.stream()
            .allMatch(finding -> finding.code().equals(FindingCode.EVIDENCE_MALFORMED.code()));
    return host(
        host,
        unreadable ? ProblemType.MALFORMED : ProblemType.ATTESTATION_REFUSED,
        findings.size() == 1 ? "one check failed" : findings.size() + " checks failed",
        findings,
        Optional.of(also));
  }

  private RefusedException host(
      RegisteredHost host,
      ProblemType type,
      String detail,
      List<ReportedFinding> findings,
      Optional<Consumer<Handle>> also) {
    return refusals.refuse(
        AuditKind.ATTESTATION_REFUSED,
        type,
        "host " + host.name(),
        detail,
        findings,
        Map.of("ek", host.ek()),
        also);
  }
}
