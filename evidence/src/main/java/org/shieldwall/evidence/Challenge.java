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
 */
public record Challenge(Optional<String> registeredHost, Bytes extraData, Bytes enclaveId) {}
