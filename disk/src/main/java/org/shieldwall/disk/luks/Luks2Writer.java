package org.shieldwall.disk.luks;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.shieldwall.disk.io.ExactChannel;

/**
 * Writes one LUKS2 volume of AES-256-XTS. Data is encrypted as it is appended; the headers come
 * last, so that a volume cut off half-way is no volume at all.
 *
 * <p>What is not appended stays as the channel has it (a hole in a fresh file) and reads as noise
 * through the volume, like the never written blocks of any encrypted disk.
 */
public final class Luks2Writer implements AutoCloseable {
  private static final int CHUNK = 1 << 20;

  private final SeekableByteChannel channel;
  private final long offset;
  private final long capacity;
  private final VolumeFormat format;
  private final AesXts cipher;
  private final byte[] encrypted = new byte[CHUNK];
  private long appended;

  /**
   * @param channel where to write; nothing before {@code offset} or after {@code length} is touched
   * @param offset where the volume begins, in bytes
   * @param length of the volume, its {@link Luks2Layout#DATA_OFFSET} bytes of headers included
   * @param volumeKey 64 random bytes, cleared by the caller
   */
  public Luks2Writer(
      SeekableByteChannel channel,
      long offset,
      long length,
      VolumeFormat format,
      byte[] volumeKey) {
    this.channel = channel;
    this.offset = offset;
    this.capacity = length - Luks2Layout.DATA_OFFSET;
    this.format = format;
    if (capacity < format.sectorSize() || capacity % format.sectorSize() != 0) {
      throw new IllegalArgumentException(
          "no whole sectors of " + format.sectorSize() + " bytes after 16 MiB in " + length);
    }
    this.cipher = AesXts.encrypting(volumeKey, format.sectorSize());
  }

  /**
   * Encrypts and writes the next bytes. Only the last call may have a length that is not a multiple
   * of the sector size; it is filled up with zeros.
   */
  public void append(byte[] plaintext, int from, int length) throws IOException {
    if (appended % format.sectorSize() != 0 || length > capacity - appended) {
      throw new IllegalArgumentException(
          length + " bytes after " + appended + " in a volume of " + capacity);
    }
    for (int done = 0; done < length; ) {
      int now = Math.min(CHUNK, length - done);
      int whole = now - now % format.sectorSize();
      int padded = Math.ceilDiv(now, format.sectorSize()) * format.sectorSize();
      long sector = appended / 512;
      cipher.transform(sector, plaintext, from + done, encrypted, 0, whole);
      if (padded > whole) {
        byte[] last = new byte[format.sectorSize()];
        System.arraycopy(plaintext, from + done + whole, last, 0, now - whole);
        cipher.transform(sector + whole / 512, last, 0, encrypted, whole, last.length);
        Arrays.fill(last, (byte) 0);
      }
      ExactChannel.write(channel, offset + Luks2Layout.DATA_OFFSET + appended, encrypted, padded);
      appended += now;
      done += now;
    }
  }

  /**
   * Writes keyslot 0 and both headers, the primary one last.
   *
   * @param passphrase base64 text of 32 random bytes, see {@link Keyslot#ITERATIONS}; cleared by
   *     the caller
   * @param volumeKey the one given at construction; cleared by the caller
   */
  public void finish(byte[] passphrase, byte[] volumeKey, SecureRandom random) throws IOException {
    Keyslot keyslot =
        new Keyslot(
            0,
            Pbkdf2.Hash.SHA512,
            Keyslot.ITERATIONS,
            salt(random),
            Luks2Layout.KEYSLOTS_OFFSET,
            Luks2Layout.KEYSLOT_SIZE);
    byte[] area = keyslotArea(keyslot, passphrase, volumeKey, random);
    ExactChannel.write(channel, offset + keyslot.offset(), area);
    Luks2Metadata metadata =
        new Luks2Metadata(
            List.of(keyslot),
            new TreeMap<>(Map.of(0, format.token())),
            format.sectorSize(),
            KeyDigest.of(volumeKey, salt(random)));
    byte[] headers =
        new Luks2Header(format.uuid().toString(), format.label(), 1, metadata)
            .bytes(random(random, 128));
    int half = Luks2Layout.HEADER;
    ExactChannel.write(channel, offset + half, Arrays.copyOfRange(headers, half, 2 * half));
    ExactChannel.write(channel, offset, headers, half);
  }

  private static byte[] keyslotArea(
      Keyslot keyslot, byte[] passphrase, byte[] volumeKey, SecureRandom random) {
    byte[] key =
        Pbkdf2.derive(
            keyslot.hash(),
            passphrase,
            Base64.getDecoder().decode(keyslot.salt()),
            keyslot.iterations(),
            AesXts.KEY_LENGTH);
    byte[] split = AntiForensic.split(volumeKey, random);
    AesXts cipher = AesXts.encrypting(key, Luks2Layout.KEYSLOT_SECTOR);
    byte[] area = new byte[split.length];
    cipher.transform(0, split, 0, area, 0, split.length);
    cipher.clear();
    Arrays.fill(split, (byte) 0);
    Arrays.fill(key, (byte) 0);
    return area;
  }

  private static String salt(SecureRandom random) {
    return Base64.getEncoder().encodeToString(random(random, Keyslot.SALT));
  }

  private static byte[] random(SecureRandom random, int length) {
    byte[] out = new byte[length];
    random.nextBytes(out);
    return out;
  }

  /** Overwrites the buffers; the volume is only good if {@link #finish} was called. */
  @Override
  public void close() {
    cipher.clear();
  }
}
