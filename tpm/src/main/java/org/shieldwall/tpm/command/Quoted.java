package org.shieldwall.tpm.command;

import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmSignature;

/**
 * What TPM2_Quote returns.
 *
 * @param attest what was signed
 * @param signature over {@link TpmAttest#raw}
 */
public record Quoted(TpmAttest attest, TpmSignature signature) {}
