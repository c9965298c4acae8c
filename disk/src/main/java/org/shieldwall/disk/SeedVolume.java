package org.shieldwall.disk;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.shieldwall.disk.fat.FatNameException;
import org.shieldwall.disk.fat.FatVolume;
import org.shieldwall.disk.luks.Luks2Layout;
import org.shieldwall.disk.luks.Luks2Writer;
import org.shieldwall.disk.luks.VolumeFormat;
import org.shieldwall.protector.SeedFile;
import org.shieldwall.protector.secret.SecretAccess;

/**
 * The owner's files as cloud-init's NoCloud expects them: a FAT volume named CIDATA, inside an
 * encrypted volume. On the heap in the clear while it lives; {@link #close} overwrites that.
 */
final class SeedVolume implements AutoCloseable {
  /** FAT has sectors of 512 bytes, so the volume under it must not have larger ones. */
  private static final int SECTOR = 512;

  private final SortedMap<String, byte[]> files = new TreeMap<>();
  private final FatVolume content;

  SeedVolume(List<SeedFile> seed, int serial) throws DiskRefusedException {
    for (SeedFile file : seed) {
      byte[] bytes = new byte[file.content().length()];
      file.content().exposeInto(SecretAccess.because("a seed volume to be encrypted"), bytes, 0);
      files.put(file.name(), bytes);
    }
    try {
      content = FatVolume.of("CIDATA", serial, files);
    } catch (FatNameException | IllegalArgumentException e) {
      close();
      throw new DiskRefusedException(
          DiskProblem.SEED_UNSUITABLE, String.valueOf(e.getMessage()), e);
    }
  }

  /** {@return bytes of the whole image} */
  long length() {
    return Luks2Layout.DATA_OFFSET + content.length();
  }

  void writeTo(SeekableByteChannel image, UUID uuid, VolumeSecret secret, SecureRandom random)
      throws IOException {
    VolumeFormat format =
        new VolumeFormat(uuid, ProvisionedDisk.SEED_LABEL, SECTOR, secret.token());
    try (Luks2Writer writer = new Luks2Writer(image, 0, length(), format, secret.volumeKey())) {
      content.writeTo((bytes, length) -> writer.append(bytes, 0, length));
      writer.finish(secret.passphrase(), secret.volumeKey(), random);
    }
  }

  @Override
  public void close() {
    files.values().forEach(bytes -> Arrays.fill(bytes, (byte) 0));
  }
}
