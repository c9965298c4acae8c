package org.shieldwall.evidence;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.x509.CertificateChain;
import org.shieldwall.evidence.x509.CertificateChain.MissingIssuer;
import org.shieldwall.evidence.x509.EndorsementProfile;
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

  /**
   * What a certificate comes to.
   *
   * @param findings everything that keeps it from being trusted; nothing if it is
   * @param path from the certificate to the trusted one, both included; empty without a path
   * @param outOfTime who on the path is not valid at the time, whether or not that is refused
   */
  public record Appraisal(
      List<Finding> findings, List<UntrustedCertificate> path, List<String> outOfTime) {
    /** Keeps its own copies of the lists. */
    public Appraisal {
      findings = List.copyOf(findings);
      path = List.copyOf(path);
      outOfTime = List.copyOf(outOfTime);
    }

    private static Appraisal untrusted(Finding finding) {
      return new Appraisal(List.of(finding), List.of(), List.of());
    }

    /** {@return whether the certificate is trusted} */
    public boolean isTrusted() {
      return findings.isEmpty();
    }
  }

  /** {@return everything that keeps this certificate from being trusted; nothing if it is} */
  public List<Finding> check(UntrustedCertificate certificate, Instant when) {
    return appraise(Optional.of(certificate), when).findings();
  }

  /** {@return what this certificate, if there is one, comes to} */
  public Appraisal appraise(Optional<UntrustedCertificate> offered, Instant when) {
    if (offered.isEmpty()) {
      return Appraisal.untrusted(
          new Finding(
              FindingCode.EK_CERTIFICATE_MISSING,
              "the host is registered by its endorsement key alone",
              "a certificate of a trusted TPM maker",
              "none"));
    }
    UntrustedCertificate certificate = offered.get();
    Optional<String> contradiction = EndorsementProfile.contradiction(certificate);
    if (contradiction.isPresent()) {
      return Appraisal.untrusted(untrusted(certificate, contradiction.get()));
    }
    return path(certificate, when);
  }

  /** {@return what a path from this certificate, a TPM's or not, comes to} */
  public Appraisal path(UntrustedCertificate certificate, Instant when) {
    return switch (CertificateChain.check(certificate, anchors, intermediates, when)) {
      case CertificateChain.Trusted(var path, var outOfTime) ->
          new Appraisal(
              refuseOutOfTime && !outOfTime.isEmpty()
                  ? List.of(outOfTime(certificate, outOfTime, when))
                  : List.of(),
              path,
              outOfTime);
      case CertificateChain.Untrusted(String reason, Optional<MissingIssuer> missing) ->
          Appraisal.untrusted(
              missing
                  .map(issuer -> missing(reason, issuer))
                  .orElseGet(() -> untrusted(certificate, reason)));
      case CertificateChain.NotChecked(String reason) ->
          Appraisal.untrusted(untrusted(certificate, reason));
    };
  }

  private static Finding outOfTime(
      UntrustedCertificate certificate, List<String> outOfTime, Instant when) {
    return new Finding(
        FindingCode.EK_CERTIFICATE_EXPIRED,
        "not valid at " + when + ": " + String.join("; ", outOfTime),
        "certificates in time",
        certificate.notBefore() + " to " + certificate.notAfter());
  }

  private static Finding missing(String reason, MissingIssuer issuer) {
    return new Finding(
        FindingCode.EK_CERTIFICATE_ISSUER_MISSING,
        reason
            + issuer
                .url()
                .map(url -> "; by its own word it is to be had at " + url + " (nobody fetched it)")
                .orElse(""),
        "a trusted certificate of " + issuer.name(),
        "none");
  }

  private static Finding untrusted(UntrustedCertificate certificate, String reason) {
    return new Finding(
        FindingCode.EK_CERTIFICATE_UNTRUSTED,
        reason,
        "a path to a trusted maker",
        "issued by " + certificate.issuer());
  }
}
