package org.shieldwall.hgs.attestation;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import org.shieldwall.protector.secret.SecretBytes;

/**
 * What the attestation service is given.
 *
 * @param tokenKey 32 bytes under which challenge tokens are sealed
 * @param signerKey signs health certificates, P-384
 * @param signer the certificate of that key
 * @param validity how long a health certificate is good
 */
public record AttestationSettings(
    SecretBytes tokenKey, PrivateKey signerKey, X509Certificate signer, Duration validity) {
  @Override
  public String toString() {
    return "AttestationSettings[validity " + validity + "]";
  }
}
