package org.shieldwall.evidence;

import java.time.Instant;
import java.util.List;
import org.shieldwall.evidence.x509.CertificateChain;
import org.shieldwall.evidence.x509.UntrustedCertificate;

/**
 * Which TPM makers are trusted.
 *
 * @param anchors certificates trusted as issuers
 * @param intermediates certificates that may stand between
 * @param refuseOutOfTime whether a certificate out of time is refused; the key in a TPM outlives
 *     its certificate, so that makers' certificates run out under TPMs in use
 */
public record EndorsementTrust(
    List<UntrustedCertificate> anchors,
    List<UntrustedCertificate> intermediates,
    boolean refuseOutOfTime) {
  /** Keeps its own copies of the lists. */
  public EndorsementTrust {
    anchors = List.copyOf(anchors);
    intermediates = List.copyOf(intermediates);
  }

  /** {@return everything that keeps this certificate from being trusted; nothing if it is} */
  public List<Finding> check(UntrustedCertificate certificate, Instant when) {
    return switch (CertificateChain.check(certificate, anchors, intermediates, when)) {
      case CertificateChain.Trusted trusted ->
          refuseOutOfTime && !trusted.outOfTime().isEmpty()
              ? List.of(
                  new Finding(
                      FindingCode.EK_CERTIFICATE_EXPIRED,
                      "not valid at " + when + ": " + String.join("; ", trusted.outOfTime()),
                      "certificates in time",
                      certificate.notBefore() + " to " + certificate.notAfter()))
              : List.of();
      case CertificateChain.Untrusted(String reason) -> List.of(untrusted(certificate, reason));
      case CertificateChain.NotChecked(String reason) -> List.of(untrusted(certificate, reason));
    };
  }

  private static Finding untrusted(UntrustedCertificate certificate, String reason) {
    return new Finding(
        FindingCode.EK_CERTIFICATE_UNTRUSTED,
        reason,
        "a path to a trusted maker",
        "issued by " + certificate.issuer());
  }
}
