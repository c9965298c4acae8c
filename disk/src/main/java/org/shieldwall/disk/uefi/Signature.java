package org.shieldwall.disk.uefi;

import java.nio.ByteBuffer;
import org.shieldwall.tpm.Bytes;

/**
 * EFI_SIGNATURE_DATA: one certificate or digest, and whose it is.
 *
 * @param owner who enrolled it; only informative to the firmware, but measured
 * @param data a DER certificate or an image digest, by the type of the list it is in; not empty
 */
public record Signature(EfiGuid owner, Bytes data) {
  public Signature {
    if (data.isEmpty()) {
      throw new IllegalArgumentException("a signature of no bytes");
    }
  }

  int size() {
    return EfiGuid.SIZE + data.length();
  }

  /** {@return owner and data, as they stand in the list and as they are measured} */
  Bytes encoded() {
    ByteBuffer out = ByteBuffer.allocate(size());
    owner.write(out);
    return Bytes.of(out.put(data.toArray()).array());
  }
}
