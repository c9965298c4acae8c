package org.shieldwall.disk.luks;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;

/**
 * AES-256 in XTS mode (IEEE 1619-2018, section 5) over whole sectors, so without ciphertext
 * stealing. The sector number is the tweak, 64 bits little-endian, as {@code aes-xts-plain64} has
 * it; dm-crypt counts it in units of 512 bytes whatever the sector size is.
 *
 * <p>The JDK has no XTS. Its ECB is fast where it is given much at once, so a chunk's tweaks are
 * made first, in one call for all of its sectors, and the whole chunk then goes through the block
 * cipher in a second. Not safe for use by several threads.
 */
final class AesXts {
  /** Bytes of both keys: the data key first, then the tweak key. */
  static final int KEY_LENGTH = 64;

  private static final int UNIT = 512;
  private static final int CHUNK = 64 * 1024;
  private static final long REDUCTION = 0x87;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final int sectorSize;
  private final Cipher data;
  private final Cipher tweak;
  private final byte[] numbers;
  private final byte[] firstTweaks;
  private final byte[] mixed = new byte[CHUNK];
  private final long[] tweaks = new long[CHUNK / 8];

  private AesXts(byte[] key, int sectorSize, int mode) {
    if (key.length != KEY_LENGTH) {
      throw new IllegalArgumentException("XTS needs a key of " + KEY_LENGTH + " bytes");
    }
    if (sectorSize != 512 && sectorSize != 4096) {
      throw new IllegalArgumentException("sectors are of 512 or 4096 bytes, not " + sectorSize);
    }
    this.sectorSize = sectorSize;
    this.numbers = new byte[CHUNK / sectorSize * 16];
    this.firstTweaks = new byte[numbers.length];
    this.data = cipher(mode, key, 0);
    this.tweak = cipher(Cipher.ENCRYPT_MODE, key, KEY_LENGTH / 2);
  }

  /**
   * @param key 64 bytes, cleared by the caller
   * @param sectorSize 512 or 4096
   */
  static AesXts encrypting(byte[] key, int sectorSize) {
    return new AesXts(key, sectorSize, Cipher.ENCRYPT_MODE);
  }

  /** As {@link #encrypting}, the other way. */
  static AesXts decrypting(byte[] key, int sectorSize) {
    return new AesXts(key, sectorSize, Cipher.DECRYPT_MODE);
  }

  private static Cipher cipher(int mode, byte[] key, int offset) {
    ClearableKey half = new ClearableKey("AES", key, offset, KEY_LENGTH / 2);
    try {
      Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
      cipher.init(mode, half);
      return cipher;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES", e);
    } finally {
      half.destroy();
    }
  }

  /**
   * Transforms whole sectors.
   *
   * @param sector number of the first, in units of 512 bytes from the start of the volume's data
   * @param length a multiple of the sector size
   * @param out may be {@code in}
   */
  void transform(long sector, byte[] in, int inOffset, byte[] out, int outOffset, int length) {
    if (length % sectorSize != 0) {
      throw new IllegalArgumentException(length + " bytes are not whole sectors");
    }
    try {
      for (int done = 0; done < length; done += CHUNK) {
        int now = Math.min(CHUNK, length - done);
        makeTweaks(sector + done / UNIT, now);
        mix(in, inOffset + done, mixed, 0, now);
        data.update(mixed, 0, now, out, outOffset + done);
        mix(out, outOffset + done, out, outOffset + done, now);
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("whole blocks always pass", e);
    }
  }

  private void makeTweaks(long sector, int length) throws GeneralSecurityException {
    int sectors = length / sectorSize;
    for (int i = 0; i < sectors; i++) {
      LONGS.set(numbers, i * 16, sector + (long) i * (sectorSize / UNIT));
    }
    tweak.update(numbers, 0, sectors * 16, firstTweaks, 0);
    int at = 0;
    for (int i = 0; i < sectors; i++) {
      long low = (long) LONGS.get(firstTweaks, i * 16);
      long high = (long) LONGS.get(firstTweaks, i * 16 + 8);
      for (int block = 0; block < sectorSize / 16; block++) {
        tweaks[at++] = low;
        tweaks[at++] = high;
        // Times x in GF(2^128): no branch on secret bits.
        long carry = high >> 63 & REDUCTION;
        high = high << 1 | low >>> 63;
        low = low << 1 ^ carry;
      }
    }
  }

  private void mix(byte[] in, int inOffset, byte[] out, int outOffset, int length) {
    for (int i = 0; i < length / 8; i++) {
      LONGS.set(out, outOffset + i * 8, (long) LONGS.get(in, inOffset + i * 8) ^ tweaks[i]);
    }
  }

  /** Overwrites the buffers that held plaintext or tweaks. */
  void clear() {
    Arrays.fill(mixed, (byte) 0);
    Arrays.fill(tweaks, 0);
    Arrays.fill(firstTweaks, (byte) 0);
  }
}
