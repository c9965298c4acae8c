package org.shieldwall.hgs.attestation;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.Bytes;

/**
 * What the attestation service is given.
 *
 * @param tokenKey 32 bytes under which challenge tokens are sealed
 * @param signerKey signs health certificates, P-384
 * @param signer the certificate of that key
 * @param validity how long a health certificate is good
 * @param policyName name of the policy
 * @param policyVersion its version
 * @param imaAllowed digests of files that may run; empty if what runs is not checked
 */
public record AttestationSettings(
    SecretBytes tokenKey,
    PrivateKey signerKey,
    X509Certificate signer,
    Duration validity,
    String policyName,
    int policyVersion,
    Optional<Set<Bytes>> imaAllowed) {
  @Override
  public String toString() {
    return "AttestationSettings[policy " + policyName + " " + policyVersion + "]";
  }
}
