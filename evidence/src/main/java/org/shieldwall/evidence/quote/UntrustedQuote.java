package org.shieldwall.evidence.quote;

import java.util.Optional;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmSignature;

/**
 * A quote as it came.
 *
 * @param attest the bytes that are said to have been signed, a TPMS_ATTEST
 * @param signature the signature over them
 * @param pcrs the values that are said to have been quoted; nothing if none came
 */
public record UntrustedQuote(Bytes attest, TpmSignature signature, Optional<PcrValues> pcrs) {}
