package org.shieldwall.disk.fat;

import java.util.List;

/**
 * How a FAT16 volume is divided. What makes it FAT16 is nothing but its number of clusters, from
 * 4085 to 65524 (Microsoft FAT specification, section 3.5); we keep a distance from both ends, as
 * not every reader counts alike.
 *
 * @param sectors of the volume
 * @param sectorsPerCluster a power of two, at most 64
 * @param tableSectors of one copy of the table
 * @param rootEntries of the root directory
 */
record FatGeometry(int sectors, int sectorsPerCluster, int tableSectors, int rootEntries) {
  static final int SECTOR = 512;
  static final int FIRST_CLUSTER = 2;

  private static final int FEWEST = 4096;
  private static final int MOST = 65_000;
  private static final int MEBIBYTE = (1 << 20) / SECTOR;
  private static final long LARGEST = 1L << 30;
  private static final int MOST_ENTRIES = 65_520;

  static FatGeometry smallest(int reserved, int copies, int entries, List<Integer> lengths) {
    int rootEntries = Math.max(512, Math.ceilDiv(entries, 16) * 16);
    long bytes = lengths.stream().mapToLong(Integer::longValue).sum();
    if (bytes > LARGEST || rootEntries > MOST_ENTRIES) {
      throw new IllegalArgumentException("more than a FAT16 volume of ours holds");
    }
    for (int perCluster = 1; perCluster <= 64; perCluster *= 2) {
      long needed = 0;
      for (int length : lengths) {
        needed += Math.ceilDiv(length, perCluster * SECTOR);
      }
      if (needed <= MOST - MEBIBYTE) {
        return of(reserved, copies, rootEntries, perCluster, (int) Math.max(needed, FEWEST));
      }
    }
    throw new IllegalArgumentException("more than a FAT16 volume of ours holds");
  }

  /** Rounds up to whole MiB; the clusters that adds stay below {@link #MOST}. */
  private static FatGeometry of(
      int reserved, int copies, int rootEntries, int perCluster, int clusters) {
    int before = reserved + rootEntries * 32 / SECTOR;
    int table = tableSectors(clusters + MEBIBYTE / perCluster + 1);
    int least = before + copies * table + clusters * perCluster;
    return new FatGeometry(
        Math.ceilDiv(least, MEBIBYTE) * MEBIBYTE, perCluster, table, rootEntries);
  }

  private static int tableSectors(int clusters) {
    return Math.ceilDiv((clusters + FIRST_CLUSTER) * 2, SECTOR);
  }

  int clusterBytes() {
    return sectorsPerCluster * SECTOR;
  }

  int clustersOf(int length) {
    return Math.ceilDiv(length, clusterBytes());
  }
}
