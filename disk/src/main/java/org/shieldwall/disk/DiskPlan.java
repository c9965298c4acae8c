package org.shieldwall.disk;

import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.shieldwall.disk.gpt.Partition;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.gpt.PartitionType;
import org.shieldwall.disk.gpt.PlannedPartition;
import org.shieldwall.disk.luks.Luks2Layout;
import org.shieldwall.protector.SignedPartition;

/**
 * Where a template's partitions go on a new disk.
 *
 * @param esp the signed ESP, copied as it is: firmware must read it, and Secure Boot guards it
 * @param root the signed root file system, which is encrypted
 * @param table of the new disk; root is last and takes all the room there is
 */
record DiskPlan(SignedPartition esp, SignedPartition root, PartitionTable table) {
  private static final long LARGEST = 64L << 40;

  /**
   * Plans a disk with fresh GUIDs.
   *
   * @throws DiskRefusedException if the catalog has any partition but one ESP and one root. A third
   *     would be a place on the disk that the guest can write and the host can read
   */
  static DiskPlan of(List<SignedPartition> signed, long diskBytes, Random random)
      throws DiskRefusedException {
    SignedPartition esp = only(signed, PartitionType.EFI_SYSTEM, "EFI system partition");
    SignedPartition root = only(signed, PartitionType.ROOT_X86_64, "x86-64 root partition");
    if (signed.size() != 2) {
      throw new DiskRefusedException(
          DiskProblem.CATALOG_UNSUITABLE, "it has " + signed.size() + " partitions, not 2");
    }
    long volume = Luks2Layout.DATA_OFFSET + root.length();
    long smallest = PartitionTable.smallestDisk(List.of(esp.length(), volume));
    long bytes = size(smallest, diskBytes);
    long rootBytes = volume(volume) + bytes - smallest;
    PartitionTable table =
        PartitionTable.plan(
            guid(random),
            bytes,
            List.of(planned(esp, esp.length(), random), planned(root, rootBytes, random)));
    return new DiskPlan(esp, root, table);
  }

  private static long volume(long length) {
    return Math.ceilDiv(length, PartitionTable.ALIGNMENT) * PartitionTable.ALIGNMENT;
  }

  private static long size(long smallest, long asked) throws DiskRefusedException {
    if (asked == 0) {
      return smallest;
    }
    if (asked < smallest) {
      throw new DiskRefusedException(
          DiskProblem.DISK_TOO_SMALL,
          "it needs " + smallest + " bytes, " + asked + " were asked for");
    }
    if (asked > LARGEST) {
      throw new DiskRefusedException(
          DiskProblem.DISK_NOT_WRITTEN, "no disk is larger than 64 TiB, " + asked + " bytes asked");
    }
    return volume(asked);
  }

  private static SignedPartition only(List<SignedPartition> signed, UUID type, String name)
      throws DiskRefusedException {
    List<SignedPartition> found = signed.stream().filter(one -> one.type().equals(type)).toList();
    if (found.size() != 1) {
      throw new DiskRefusedException(
          DiskProblem.CATALOG_UNSUITABLE, "it has " + found.size() + " of " + name + ", not 1");
    }
    return found.getFirst();
  }

  private static PlannedPartition planned(SignedPartition one, long length, Random random) {
    return new PlannedPartition(one.index(), one.type(), guid(random), length, one.label());
  }

  /** A random UUID, version 4 (RFC 9562, section 5.4). */
  static UUID guid(Random random) {
    return new UUID(
        (random.nextLong() & ~0xF000L) | 0x4000L, (random.nextLong() >>> 2) | Long.MIN_VALUE);
  }

  Partition place(SignedPartition signed) {
    return table.partitions().stream()
        .filter(one -> one.number() == signed.index())
        .findFirst()
        .orElseThrow();
  }

  long bytes() {
    return table.blocks() * PartitionTable.BLOCK;
  }
}
