package org.shieldwall.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.disk.gpt.Partition;
import org.shieldwall.disk.luks.Luks2Writer;
import org.shieldwall.disk.luks.VolumeFormat;

/** Encrypts the verified root file system on its way to the disk. */
final class RootVolume implements AutoCloseable {
  private static final int SUPERBLOCK = 1024;

  private final SeekableByteChannel disk;
  private final Partition place;
  private final UUID uuid;
  private final VolumeSecret secret;
  private Optional<Luks2Writer> writer = Optional.empty();

  RootVolume(SeekableByteChannel disk, Partition place, UUID uuid, VolumeSecret secret) {
    this.disk = disk;
    this.place = place;
    this.uuid = uuid;
    this.secret = secret;
  }

  void append(byte[] block, int length) throws IOException {
    if (writer.isEmpty()) {
      VolumeFormat format =
          new VolumeFormat(
              uuid, ProvisionedDisk.ROOT_LABEL, sectorSize(block, length), secret.token());
      writer =
          Optional.of(
              new Luks2Writer(disk, place.offset(), place.length(), format, secret.volumeKey()));
    }
    writer.get().append(block, 0, length);
  }

  void finish(SecureRandom random) throws IOException {
    writer.orElseThrow().finish(secret.passphrase(), secret.volumeKey(), random);
  }

  /**
   * Sectors of 4096 bytes are the faster ones, but a file system with smaller blocks cannot be
   * mounted from them. An ext file system says its block size in its superblock (kernel
   * documentation, ext4, section 3.1); of any other the safe size is 512.
   */
  static int sectorSize(byte[] start, int length) {
    if (length < 2 * SUPERBLOCK) {
      return 512;
    }
    ByteBuffer in = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
    boolean ext = in.getShort(SUPERBLOCK + 56) == (short) 0xEF53;
    int logarithm = in.getInt(SUPERBLOCK + 24);
    return ext && logarithm >= 2 && logarithm <= 6 ? 4096 : 512;
  }

  @Override
  public void close() {
    writer.ifPresent(Luks2Writer::close);
  }
}
