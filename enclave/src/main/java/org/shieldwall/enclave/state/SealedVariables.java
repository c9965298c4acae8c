package org.shieldwall.enclave.state;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.UUID;
import javax.crypto.AEADBadTagException;
import org.shieldwall.protector.secret.AesGcm;
import org.shieldwall.protector.secret.SecretBytes;

/** UEFI variables at rest (formats.md, "UEFI variables at rest"). */
public final class SealedVariables {
  /** The largest flash image: OVMF's 4M build has 528 KiB of variables. */
  public static final int MAX_BYTES = 4 << 20;

  private static final byte[] MAGIC = "SWUV1\n".getBytes(StandardCharsets.US_ASCII);
  static final int OVERHEAD = MAGIC.length + AesGcm.IV_BYTES + AesGcm.TAG_BYTES;

  private SealedVariables() {}

  /** {@return the file's bytes for {@code image}} */
  public static byte[] seal(
      byte[] image, SecretBytes key, UUID vm, long generation, SecureRandom random) {
    byte[] iv = new byte[AesGcm.IV_BYTES];
    random.nextBytes(iv);
    byte[] sealed = AesGcm.seal(key, iv, associatedData(vm, generation), image);
    return ByteBuffer.allocate(image.length + OVERHEAD).put(MAGIC).put(iv).put(sealed).array();
  }

  /** {@return the image in {@code file}} */
  public static byte[] open(byte[] file, SecretBytes key, UUID vm, long generation)
      throws AlteredException {
    if (file.length <= OVERHEAD
        || file.length > MAX_BYTES + OVERHEAD
        || !Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new AlteredException("uefi.vars is no file of this format");
    }
    byte[] iv = Arrays.copyOfRange(file, MAGIC.length, MAGIC.length + AesGcm.IV_BYTES);
    byte[] sealed = Arrays.copyOfRange(file, MAGIC.length + AesGcm.IV_BYTES, file.length);
    try {
      return AesGcm.open(key, iv, associatedData(vm, generation), sealed);
    } catch (AEADBadTagException e) {
      throw new AlteredException(
          "uefi.vars was altered, or belongs to another VM or generation than " + generation);
    }
  }

  private static byte[] associatedData(UUID vm, long generation) {
    return ByteBuffer.allocate(24)
        .putLong(vm.getMostSignificantBits())
        .putLong(vm.getLeastSignificantBits())
        .putLong(generation)
        .array();
  }
}
