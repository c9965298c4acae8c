package org.shieldwall.disk.seal;

import org.shieldwall.disk.DiskProblem;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PolicyDigest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.CreatedObject;
import org.shieldwall.tpm.command.Hierarchy;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.command.TpmObject;

/**
 * Seals into a new machine's vTPM, before its first boot, under the value PCR 7 is going to have.
 *
 * <p>PCR 7 holds the Secure Boot policy and what authorized each boot image (TCG PC Client Platform
 * Firmware Profile 1.06, section 3.3.4.8): a kernel update by the same signer keeps the key, a boot
 * under other keys, or with Secure Boot off, does not get it.
 */
public final class VolumeKeySealer implements KeySealer {
  private static final PcrSelection PCR_7 = PcrSelection.of(TpmHash.SHA256, TpmToken.PCR);

  private final Tpm vtpm;
  private final PolicyDigest policy;

  /**
   * Prepares sealing; the vTPM is not spoken to yet.
   *
   * @param vtpm the new machine's own, started; not closed
   * @param pcr7 what the SHA-256 bank's PCR 7 will hold when the guest asks for its key, 32 bytes
   */
  public VolumeKeySealer(Tpm vtpm, Bytes pcr7) {
    if (pcr7.length() != TpmHash.SHA256.size()) {
      throw new IllegalArgumentException("PCR 7 has 32 bytes, not " + pcr7.length());
    }
    this.vtpm = vtpm;
    this.policy = PolicyDigest.start(TpmHash.SHA256).pcr(PCR_7, TpmHash.SHA256.hash(pcr7));
  }

  @Override
  public String seal(byte[] secret) throws DiskRefusedException {
    try (TpmObject storageKey =
        vtpm.keys().createPrimary(Hierarchy.OWNER, KeyTemplates.storageEccP256())) {
      CreatedObject sealed = vtpm.keys().seal(storageKey, policy, secret);
      return new TpmToken(sealed, policy).toJson();
    } catch (TpmException e) {
      throw new DiskRefusedException(DiskProblem.KEY_NOT_SEALED, String.valueOf(e.getMessage()), e);
    }
  }
}
