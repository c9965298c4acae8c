package org.shieldwall.evidence.check;

import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * {@link Check#ENCLAVE_MEASURED}. PCR 15 starts as zero and is extended once per boot, with the
 * enclave's id. Whoever comes later can extend it further, but never back to this value.
 */
final class EnclaveMeasured implements HostCheck {
  @Override
  public CheckResult judge(HostEvidence host) {
    TpmHash bank = host.policy().bank();
    Bytes id = host.challenge().enclaveId();
    Bytes extended = id.length() == bank.size() ? id : bank.hash(id);
    Bytes expected = bank.extend(Bytes.zeros(bank.size()), extended);
    Optional<Bytes> found = host.values().value(bank, AttestationPolicy.ENCLAVE_PCR);
    if (found.isPresent() && found.get().equals(expected)) {
      return CheckResult.pass(
          Check.ENCLAVE_MEASURED, "PCR 15: this enclave's id, once", expected.hex());
    }
    return CheckResult.fail(
        Check.ENCLAVE_MEASURED,
        List.of(
            new Finding(
                FindingCode.ENCLAVE_KEY_NOT_MEASURED,
                "PCR 15 is not zero extended once with this enclave's id",
                expected.hex(),
                found.map(Bytes::hex).orElse("no value"))));
  }
}
