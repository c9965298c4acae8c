package org.shieldwall.evidence.eventlog;

import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * UEFI_IMAGE_LOAD_EVENT (PFP section 10.2.3): where an image came from. The digest beside it is the
 * image's Authenticode hash, so nothing in here is proven.
 */
final class ImageLoad {
  private static final int MEDIA = 4;
  private static final int FILE_PATH = 4;
  private static final int END = 0x7F;

  private ImageLoad() {}

  /** {@return the file that the device path names, or nothing where it names none} */
  static String claimedPath(Bytes data) {
    ByteReader in = ByteReader.littleEndian(data.toArray(), "UEFI_IMAGE_LOAD_EVENT");
    StringBuilder path = new StringBuilder();
    try {
      in.u64("imageLocationInMemory");
      in.u64("imageLengthInMemory");
      in.u64("imageLinkTimeAddress");
      ByteReader nodes = in.slice(in.u64("lengthOfDevicePath"), "devicePath");
      while (nodes.remaining() >= 4) {
        int type = nodes.u8("type");
        int subType = nodes.u8("subType");
        int length = nodes.u16("length");
        if (type == END || length < 4) {
          break;
        }
        Bytes node = Bytes.of(nodes.bytes(length - 4L, "node"));
        if (type == MEDIA && subType == FILE_PATH) {
          Texts.utf16(node).ifPresent(path::append);
        }
      }
    } catch (MalformedException e) {
      // A name that cannot be read is no name: the digest is what counts.
      return path.toString();
    }
    return path.toString();
  }
}
