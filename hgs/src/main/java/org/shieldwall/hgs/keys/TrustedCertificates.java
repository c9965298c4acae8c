package org.shieldwall.hgs.keys;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.keys.CertificateGrounds.Gone;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** Which health certificates count: signed by a trusted signer, in time, not withdrawn. */
final class TrustedCertificates {
  private final Database database;
  private final AuditedRefusals refusals;
  private final List<X509Certificate> signers;

  TrustedCertificates(Database database, AuditedRefusals refusals, List<X509Certificate> signers) {
    this.database = database;
    this.refusals = refusals;
    this.signers = List.copyOf(signers);
  }

  /**
   * {@return the certificate in {@code der}, if it counts}
   *
   * @param kind what a refusal is recorded as
   */
  HealthCertificate require(Bytes der, AuditKind kind, Instant now)
      throws RefusedException, ProtectorException {
    HealthCertificate certificate = HealthCertificate.parse(der);
    Optional<String> refusal = certificate.refusal(signers, now);
    if (refusal.isPresent()) {
      throw refusals.refuse(
          kind,
          ProblemType.CERTIFICATE_REFUSED,
          "certificate",
          refusal.get(),
          List.of(ReleaseFindings.certificate(refusal.get())),
          Map.of());
    }
    Optional<Gone> gone =
        database.read(reading -> CertificateGrounds.gone(reading, certificate, now));
    if (gone.isPresent()) {
      throw groundless(kind, certificate.claims(), gone.get());
    }
    return certificate;
  }

  /** {@return the refusal of a certificate from under which something has gone} */
  RefusedException groundless(AuditKind kind, HealthClaims claims, Gone gone) {
    ReportedFinding finding = ReleaseFindings.gone(gone, claims);
    return refusals.refuse(
        kind,
        ProblemType.CERTIFICATE_REFUSED,
        "host " + claims.host(),
        finding.title(),
        List.of(finding),
        Map.of("host", claims.host()));
  }
}
