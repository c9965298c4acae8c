package org.shieldwall.disk.seal;

import java.util.Base64;
import org.shieldwall.tpm.PolicyDigest;
import org.shieldwall.tpm.command.CreatedObject;

/**
 * The LUKS2 token by which an unmodified systemd or cryptsetup in the guest finds the sealed
 * passphrase: type {@code systemd-tpm2}, fields and order as {@code systemd-cryptenroll} of systemd
 * 252 writes them.
 *
 * @param sealed the secret, as only the TPM that sealed it can read it
 * @param policy under which it opens: PCR 7 of the SHA-256 bank alone
 */
record TpmToken(CreatedObject sealed, PolicyDigest policy) {
  static final int PCR = 7;

  /** {@return the token for keyslot 0} */
  String toJson() {
    String blob = Base64.getEncoder().encodeToString(sealed.marshal().toArray());
    return """
    {"type":"systemd-tpm2","keyslots":["0"],"tpm2-blob":"%s","tpm2-pcrs":[%d],\
    "tpm2-pcr-bank":"sha256","tpm2-primary-alg":"ecc","tpm2-policy-hash":"%s","tpm2-pin":false}\
    """
        .formatted(blob, PCR, policy.value().hex());
  }
}
