package org.shieldwall.evidence;

import java.security.PublicKey;

/**
 * Files whose signer is trusted.
 *
 * @param prefix what their path begins with, e.g. {@code /usr/}
 * @param signer the key that has to have signed them, RSA or on a NIST curve
 * @param signerName what administrators call it
 */
public record SignedPath(String prefix, PublicKey signer, String signerName) {
  /** Refuses a prefix that is no path. */
  public SignedPath {
    if (!prefix.startsWith("/")) {
      throw new IllegalArgumentException("\"" + prefix + "\" does not begin with /");
    }
  }
}
