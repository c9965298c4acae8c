package org.shieldwall.tpm.command;

import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmName;

/**
 * An NV index: TPMS_NV_PUBLIC (Part 2, section 13.5).
 *
 * @param handle its handle, 0x01……
 * @param nameAlg hash of its name
 * @param attributes TPMA_NV
 * @param authPolicy digest of the policy that authorizes its use; empty for none
 * @param dataSize how many bytes it holds
 */
public record NvIndex(int handle, TpmHash nameAlg, int attributes, Bytes authPolicy, int dataSize)
    implements TpmEntity {
  /** Where the certificate of the RSA-2048 endorsement key lies (TCG EK profile, template L-1). */
  public static final int EK_CERTIFICATE_RSA2048 = 0x01C00002;

  /** Where the certificate of the P-256 endorsement key lies (TCG EK profile, template L-2). */
  public static final int EK_CERTIFICATE_P256 = 0x01C0000A;

  /** TPMA_NV: read and written by whoever knows the owner's authorization value or its own. */
  static final int OWNER_AND_AUTH = 0x0006_0006;

  /** TPMA_NV: read by whoever knows its own authorization value. */
  static final int AUTH_READ = 0x0004_0000;

  /** TPMA_NV: exempt from dictionary-attack protection. */
  static final int NO_DA = 0x0200_0000;

  static NvIndex read(ByteReader in) throws MalformedException {
    int handle = (int) in.u32("nvIndex");
    TpmHash nameAlg = TpmHash.read(in, "nameAlg");
    if (!nameAlg.isSupported()) {
      throw in.malformed("a hash that its name can be made with here", nameAlg.label());
    }
    int attributes = (int) in.u32("attributes");
    Bytes policy = in.sized("authPolicy");
    return new NvIndex(handle, nameAlg, attributes, policy, in.u16("dataSize"));
  }

  Bytes marshal() {
    return new ByteWriter()
        .u32(handle)
        .u16(nameAlg.id())
        .u32(attributes)
        .sized(authPolicy)
        .u16(dataSize)
        .toBytes();
  }

  @Override
  public TpmName tpmName() {
    return TpmName.digest(nameAlg, nameAlg.hash(marshal()));
  }
}
