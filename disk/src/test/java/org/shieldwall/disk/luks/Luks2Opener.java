package org.shieldwall.disk.luks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.channels.SeekableByteChannel;
import java.util.Arrays;
import java.util.Base64;
import org.shieldwall.disk.io.ExactChannel;

/** Opens a volume the way the guest's kernel does, so that tests can look inside. */
public final class Luks2Opener {
  private Luks2Opener() {}

  /** {@return the volume key under keyslot {@code number}, proved by the digest} */
  public static byte[] volumeKey(
      SeekableByteChannel channel, long offset, int number, byte[] passphrase) throws Exception {
    Luks2Metadata metadata = Luks2Header.read(channel, offset).metadata();
    Keyslot slot =
        metadata.keyslots().stream()
            .filter(one -> one.number() == number)
            .findFirst()
            .orElseThrow();
    byte[] key =
        Pbkdf2.derive(
            slot.hash(),
            passphrase,
            Base64.getDecoder().decode(slot.salt()),
            slot.iterations(),
            AesXts.KEY_LENGTH);
    byte[] area =
        ExactChannel.read(
            channel,
            offset + slot.offset(),
            AesXts.KEY_LENGTH * AntiForensic.STRIPES,
            "keyslot area");
    AesXts.decrypting(key, Luks2Layout.KEYSLOT_SECTOR).transform(0, area, 0, area, 0, area.length);
    byte[] volumeKey = AntiForensic.merge(area);
    assertThat(metadata.digest().matches(volumeKey)).as("the passphrase opens it").isTrue();
    return volumeKey;
  }

  /** {@return {@code length} bytes of the volume's data from {@code from}, a multiple of 4096} */
  public static byte[] read(
      SeekableByteChannel channel, long offset, byte[] volumeKey, long from, int length)
      throws Exception {
    int sector = Luks2Header.read(channel, offset).sectorSize();
    int whole = Math.ceilDiv(length, sector) * sector;
    byte[] bytes =
        ExactChannel.read(channel, offset + Luks2Layout.DATA_OFFSET + from, whole, "data");
    AesXts.decrypting(volumeKey, sector).transform(from / 512, bytes, 0, bytes, 0, whole);
    return Arrays.copyOf(bytes, length);
  }
}
