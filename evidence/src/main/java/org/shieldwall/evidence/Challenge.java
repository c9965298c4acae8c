package org.shieldwall.evidence;

import java.util.Optional;
import org.shieldwall.tpm.Bytes;

/**
 * What the verifier itself knows of a host that answers it.
 *
 * @param registeredHost the name that the host's endorsement key is registered under; nothing if it
 *     is not registered. That the attestation key lies in the TPM of that endorsement key has been
 *     shown by the credential it activated.
 * @param extraData what the quote must carry: the binding of this challenge's nonce and the enclave
 * @param enclaveId the digest of the enclave's public keys
 * @param imaResume how much of the IMA list was accepted before; nothing: the host sends all of it
 */
public record Challenge(
    Optional<String> registeredHost,
    Bytes extraData,
    Bytes enclaveId,
    Optional<ImaResume> imaResume) {
  /** A challenge that asks for the whole IMA list. */
  public Challenge(Optional<String> registeredHost, Bytes extraData, Bytes enclaveId) {
    this(registeredHost, extraData, enclaveId, Optional.empty());
  }
}
