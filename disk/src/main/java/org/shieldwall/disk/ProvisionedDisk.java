package org.shieldwall.disk;

import java.nio.file.Path;
import java.util.UUID;

/**
 * A machine's new disks. Nothing in it is secret.
 *
 * @param disk image with a partition table: the template's ESP and an encrypted root volume
 * @param diskBytes its length
 * @param rootVolume UUID of the root volume
 * @param seed image of one encrypted volume, the owner's files
 * @param seedBytes its length
 * @param seedVolume UUID of the seed volume
 */
public record ProvisionedDisk(
    Path disk, long diskBytes, UUID rootVolume, Path seed, long seedBytes, UUID seedVolume) {
  /** Name of the disk in a machine's folder. */
  public static final String DISK = "disk.img";

  /** Name of the seed in a machine's folder. */
  public static final String SEED = "seed.img";

  /** Label of the root volume. */
  public static final String ROOT_LABEL = "root";

  /** Label of the seed volume, by which a guest finds it. */
  public static final String SEED_LABEL = "seed";
}
