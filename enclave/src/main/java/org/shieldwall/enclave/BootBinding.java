package org.shieldwall.enclave;

import java.util.EnumMap;
import java.util.Map;
import org.shieldwall.protector.KeySet;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;

/**
 * Ties the enclave's keys to this boot: the PCR reserved for it is extended once, with the keys'
 * id. Whoever comes later can extend it further, but cannot make it say other keys, so a quote of
 * it names the first enclave of the boot or none (protocol.md, section 2).
 */
final class BootBinding {
  static final int PCR = 15;

  private BootBinding() {}

  /** This boot already has an enclave, or something else has used its PCR. */
  static final class TakenException extends Exception {
    private static final long serialVersionUID = 1L;

    TakenException(String bank, String value) {
      super(
          "this boot already has an enclave: PCR "
              + PCR
              + " ("
              + bank
              + ") holds "
              + value
              + "; reboot the host");
    }
  }

  /** Extends the PCR in every active bank, if none has been extended since the boot. */
  static void claim(Tpm tpm, KeySet keys) throws TpmException, TakenException {
    PcrSelection ours = PcrSelection.NONE;
    Map<TpmHash, Bytes> digests = new EnumMap<>(TpmHash.class);
    for (PcrSelection.Bank bank : tpm.capabilities().pcrs().banks()) {
      if (bank.has(PCR) && bank.hash().isSupported()) {
        ours = ours.and(bank.hash(), PCR);
        // In the SHA-256 bank this is the id itself.
        digests.put(bank.hash(), bank.hash().hash(keys.encoding()));
      }
    }
    PcrValues values = tpm.pcrs().read(ours);
    for (TpmHash hash : digests.keySet()) {
      Bytes value = values.value(hash, PCR).orElse(Bytes.EMPTY);
      if (value.isEmpty() || !value.isAllZero()) {
        throw new TakenException(hash.label(), value.isEmpty() ? "no value" : value.hex());
      }
    }
    if (!digests.containsKey(TpmHash.SHA256)) {
      throw new IllegalStateException("the TPM has no active SHA-256 bank");
    }
    tpm.pcrs().extend(PCR, digests);
  }
}
