package org.shieldwall.evidence;

import java.util.Optional;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmPublic;

/**
 * What a host sent, in which nothing is believed.
 *
 * @param attest the quote, a TPMS_ATTEST
 * @param signature its signature, a TPMT_SIGNATURE
 * @param attestationKey the key that is said to have signed it
 * @param pcrs the PCR values that are said to have been quoted
 * @param eventLog the TCG event log
 * @param imaList the IMA list, in the kernel's binary or text form; where the challenge resumes,
 *     what follows the entries already accepted
 * @param commandLine what the kernel is said to have been told; believed only where its digest was
 *     measured
 */
public record UntrustedEvidence(
    Bytes attest,
    Bytes signature,
    TpmPublic attestationKey,
    PcrValues pcrs,
    Optional<Bytes> eventLog,
    Optional<Bytes> imaList,
    Optional<String> commandLine) {
  /** Evidence without a word of the command line. */
  public UntrustedEvidence(
      Bytes attest,
      Bytes signature,
      TpmPublic attestationKey,
      PcrValues pcrs,
      Optional<Bytes> eventLog,
      Optional<Bytes> imaList) {
    this(attest, signature, attestationKey, pcrs, eventLog, imaList, Optional.empty());
  }
}
