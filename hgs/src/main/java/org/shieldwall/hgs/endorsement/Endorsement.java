package org.shieldwall.hgs.endorsement;

import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.EndorsementTrust;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.x509.TpmIdentity;
import org.shieldwall.evidence.x509.UntrustedCertificate;

/**
 * What is known of a host's TPM.
 *
 * @param certificate its certificate, where it was registered with one
 * @param appraisal what that comes to today
 * @param manufacturer by the certificate; by the host's own word without one; may be empty
 */
public record Endorsement(
    Optional<UntrustedCertificate> certificate,
    EndorsementTrust.Appraisal appraisal,
    String manufacturer) {

  /** {@return whether a trusted maker certifies this TPM} */
  public boolean isTrusted() {
    return appraisal.isTrusted();
  }

  /** {@return what keeps the certificate from being trusted; nothing if it is} */
  public List<Finding> findings() {
    return appraisal.findings();
  }

  /** {@return the TPM as the certificate describes it} */
  public Optional<TpmIdentity> tpm() {
    return certificate.flatMap(TpmIdentity::of);
  }

  /** {@return the name of the trusted certificate that this one leads to} */
  public Optional<String> maker() {
    return appraisal.path().isEmpty()
        ? Optional.empty()
        : Optional.of(appraisal.path().getLast().subject().toString());
  }
}
