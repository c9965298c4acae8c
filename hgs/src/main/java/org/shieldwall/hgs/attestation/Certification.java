package org.shieldwall.hgs.attestation;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.attestation.TokenSpending.OpenToken;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.store.AttestationRegister;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.LastAttestation;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.HealthClaims.ExceptedCheck;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.Bytes;

/** Certifies hosts that have proved themselves, in whatever mode. */
final class Certification {
  private final Database database;
  private final AuditLog audit;
  private final CertificateIssuer issuer;

  Certification(Database database, AuditLog audit, CertificateIssuer issuer) {
    this.database = database;
    this.audit = audit;
    this.issuer = issuer;
  }

  /** What else an attestation writes, in its one transaction. */
  interface Also {
    /** Nothing. */
    Also NOTHING = writing -> {};

    void write(Handle writing);
  }

  /** Certifies what holds until it is found otherwise. */
  AttestReply certify(HealthClaims claims, OpenToken token, Instant now, Also also)
      throws RefusedException {
    return certify(claims, token, now, Instant.MAX, also);
  }

  /**
   * {@return a certificate of {@code claims}}; token, record and {@code also} are on the disk, in
   * one transaction, when this returns.
   *
   * @param until from then on the claims do not hold
   */
  AttestReply certify(HealthClaims claims, OpenToken token, Instant now, Instant until, Also also)
      throws RefusedException {
    CertificateIssuer.Issued certificate = issuer.issue(claims, now, until);
    boolean first =
        database.write(writing -> {
          if (!token.spend(writing)) {
            return false;
          }
          AttestationRegister.record(
              writing,
              LastAttestation.certified(
                  claims.host(),
                  claims.mode(),
                  claims.policyName(),
                  claims.policyVersion(),
                  now,
                  certificate.expires(),
                  claims.baselines()));
          also.write(writing);
          audit.append(
              writing,
              AuditKind.ATTESTED,
              "host " + claims.host(),
              facts(claims, certificate.expires()));
          return true;
        });
    if (!first) {
      throw token.replayed();
    }
    return new AttestReply(
        certificate.der(), issuer.signerDer(), certificate.expires(), claims.host(), claims);
  }

  private static Map<String, Object> facts(HealthClaims claims, Instant expires) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("mode", claims.mode());
    facts.put("identity", claims.identity());
    facts.put("enclave", claims.enclave().id().text());
    facts.put("policy", claims.policyName() + " " + claims.policyVersion());
    facts.put("baselines", claims.baselines());
    facts.put("resetCount", claims.resetCount());
    facts.put("restartCount", claims.restartCount());
    if (!claims.exceptions().isEmpty()) {
      facts.put("excepted", claims.exceptions().stream().map(ExceptedCheck::check).toList());
    }
    facts.put("expires", expires.toString());
    return facts;
  }

  /** {@return the certificate that signs, DER} */
  Bytes signerDer() {
    return issuer.signerDer();
  }
}
