package org.shieldwall.disk;

import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.List;
import org.shieldwall.protector.SeedFile;
import org.shieldwall.protector.VolumeSignatureCatalog;

/**
 * What disks to make.
 *
 * @param template a raw disk image, not trusted; not closed
 * @param catalog what its signer signed; whether that signer may be trusted has been decided
 * @param folder the machine's own, where the disks are written
 * @param diskBytes how large the disk is to be at least, 0 for as small as the template allows;
 *     rounded up to whole MiB
 * @param seed the owner's files, closed by the caller
 */
public record DiskOrder(
    SeekableByteChannel template,
    VolumeSignatureCatalog catalog,
    Path folder,
    long diskBytes,
    List<SeedFile> seed) {

  public DiskOrder {
    seed = List.copyOf(seed);
  }
}
