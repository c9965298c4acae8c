package org.shieldwall.tpm;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/** The TPM's key derivation functions (Part 1, section 11.4.10). Labels end in a zero byte. */
final class KeyDerivation {
  private KeyDerivation() {}

  /**
   * {@return {@code bits} bits by KDFa, SP 800-108 in counter mode} (Part 1, section 11.4.10.2)
   *
   * @param bits a multiple of 8
   */
  static byte[] kdfA(
      TpmHash hash, byte[] key, String label, Bytes contextU, Bytes contextV, int bits) {
    byte[] out = new byte[bits / 8];
    int done = 0;
    for (int counter = 1; done < out.length; counter++) {
      byte[] message =
          new ByteWriter()
              .u32(counter)
              .bytes(zeroEnded(label))
              .bytes(contextU)
              .bytes(contextV)
              .u32(bits)
              .toByteArray();
      byte[] block = hash.hmac(key, message).toArray();
      int length = Math.min(block.length, out.length - done);
      System.arraycopy(block, 0, out, done, length);
      Arrays.fill(block, (byte) 0);
      done += length;
    }
    return out;
  }

  /**
   * {@return {@code bits} bits by KDFe, the concatenation function of SP 800-56A} (Part 1, section
   * 11.4.10.3)
   *
   * @param z the shared secret's x coordinate
   * @param partyU x coordinate of the ephemeral key
   * @param partyV x coordinate of the recipient's key
   */
  static byte[] kdfE(TpmHash hash, byte[] z, String label, Bytes partyU, Bytes partyV, int bits) {
    byte[] out = new byte[bits / 8];
    int done = 0;
    for (int counter = 1; done < out.length; counter++) {
      MessageDigest digest = hash.digest();
      digest.update(new ByteWriter().u32(counter).toByteArray());
      digest.update(z);
      digest.update(zeroEnded(label));
      partyU.updateInto(digest);
      partyV.updateInto(digest);
      byte[] block = digest.digest();
      int length = Math.min(block.length, out.length - done);
      System.arraycopy(block, 0, out, done, length);
      Arrays.fill(block, (byte) 0);
      done += length;
    }
    return out;
  }

  static byte[] zeroEnded(String label) {
    return (label + "\0").getBytes(StandardCharsets.US_ASCII);
  }
}
