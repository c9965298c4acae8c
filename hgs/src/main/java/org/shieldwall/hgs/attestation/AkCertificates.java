package org.shieldwall.hgs.attestation;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.store.AkCertificateRegister;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AkCertificate;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmPublic;

/**
 * Certificates of attestation keys: issued once the key has activated a credential, and shown
 * instead of another activation until they run out or are revoked. That a key lies in a TPM does
 * not change with time; the limit bounds what a certificate is worth whose revocation nobody
 * thought of.
 */
final class AkCertificates {
  static final Duration VALIDITY = Duration.ofDays(30);

  private final Database database;
  private final AuditLog audit;
  private final CertificateIssuer issuer;
  private final List<X509Certificate> signers;

  AkCertificates(
      Database database, AuditLog audit, CertificateIssuer issuer, X509Certificate signer) {
    this.database = database;
    this.audit = audit;
    this.issuer = issuer;
    this.signers = List.of(signer);
  }

  /** A certificate that has been judged: its number, or why it does not count. */
  record Judged(Bytes serial, Optional<ReportedFinding> finding) {
    private static Judged refused(ReportedFinding finding) {
      return new Judged(Bytes.EMPTY, Optional.of(finding));
    }
  }

  /** {@return whether {@code der} saves this host the activation of a credential} */
  Judged judge(Bytes der, RegisteredHost host, TpmPublic ak, Instant now) {
    AkCertificate certificate;
    try {
      certificate = AkCertificate.parse(der);
    } catch (ProtectorException e) {
      return Judged.refused(AkFindings.notGood(e.detail()));
    }
    Optional<AkCertificate.Refusal> refusal =
        certificate.refusal(signers, host.ek(), ak.name().value(), now);
    if (refusal.isPresent()) {
      return Judged.refused(
          switch (refusal.get()) {
            case FOREIGN -> AkFindings.notGood("it is not signed by this service");
            case OUT_OF_TIME -> AkFindings.expired(certificate.expires(), now);
            case OTHER_HOST -> AkFindings.otherHost(host.name(), certificate.binding().host());
            case OTHER_KEY -> AkFindings.otherKey();
          });
    }
    Bytes serial = Bytes.of(certificate.serial().toByteArray());
    return new Judged(serial, stillCounts(serial, host));
  }

  /**
   * {@return why the certificate of this number does not count any more} Asked at the challenge and
   * again at the answer, so that a revocation holds from the next request on.
   */
  Optional<ReportedFinding> stillCounts(Bytes serial, RegisteredHost host) {
    boolean counts =
        database
            .read(reading -> AkCertificateRegister.of(reading, host.name()))
            .filter(stored -> stored.serial().equals(serial.hex()))
            .filter(stored -> host.isRegisteredSince(stored.issued()))
            .isPresent();
    return counts ? Optional.empty() : Optional.of(AkFindings.revoked());
  }

  /** {@return a certificate of a key that has just been activated, and how it is registered} */
  Issued issue(RegisteredHost host, TpmPublic ak, Instant now) throws MalformedException {
    Bytes name = ak.name().value();
    Bytes der =
        issuer.issue(
            new AkCertificate.Binding(host.name(), host.ek(), name), ak.publicKey(), VALIDITY, now);
    try {
      AkCertificate certificate = AkCertificate.parse(der);
      return new Issued(
          der,
          new AkCertificateRegister.Stored(
              host.name(),
              Bytes.of(certificate.serial().toByteArray()).hex(),
              name.hex(),
              certificate.issued(),
              certificate.expires()));
    } catch (ProtectorException e) {
      throw new IllegalStateException("a certificate of this service does not read", e);
    }
  }

  /** A new certificate, which counts once it is registered. */
  record Issued(Bytes der, AkCertificateRegister.Stored stored) {}

  void register(Handle writing, Issued issued) {
    AkCertificateRegister.put(writing, issued.stored());
    audit.append(
        writing,
        AuditKind.AK_CERTIFIED,
        "host " + issued.stored().host(),
        Map.of(
            "serial", issued.stored().serial(),
            "akName", issued.stored().akName(),
            "expires", issued.stored().expires().toString()));
  }
}
