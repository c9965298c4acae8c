package org.shieldwall.disk.gpt;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.shieldwall.tpm.MalformedException;

/**
 * A disk's GUID partition table, for logical blocks of 512 bytes.
 *
 * @param disk the disk's own GUID
 * @param blocks how many blocks the whole disk has
 * @param partitions in the order of their numbers; disjoint, inside the usable blocks
 */
public record PartitionTable(UUID disk, long blocks, List<Partition> partitions) {
  /** Bytes in one logical block. */
  public static final int BLOCK = 512;

  /** Where partitions begin: 1 MiB, what every Linux tool uses. */
  public static final long ALIGNMENT = 1 << 20;

  /** Blocks of one table of 128 entries. */
  static final int TABLE_BLOCKS = 128 * 128 / BLOCK;

  static final int LABEL_UNITS = 36;

  private static final long FIRST_USABLE = 2 + TABLE_BLOCKS;

  public PartitionTable {
    partitions = List.copyOf(partitions);
  }

  /**
   * Reads the table of a whole disk: protective MBR, both headers, both copies of the entries, and
   * refuses them if they disagree. Reads each byte once.
   */
  public static PartitionTable read(SeekableByteChannel disk)
      throws IOException, MalformedException {
    return new TableReader(disk).read();
  }

  /**
   * Lays partitions out one after the other, each beginning at a multiple of 1 MiB.
   *
   * @param disk the new disk's own GUID
   * @param bytes size of the whole disk; a multiple of 512
   * @throws IllegalArgumentException if they do not fit, or two share a number or a GUID
   */
  public static PartitionTable plan(UUID disk, long bytes, List<PlannedPartition> planned) {
    if (bytes % BLOCK != 0) {
      throw new IllegalArgumentException("a disk of " + bytes + " bytes is not whole blocks");
    }
    long last = bytes / BLOCK - FIRST_USABLE;
    Set<Object> names = new HashSet<>();
    List<Partition> placed = new ArrayList<>();
    long next = ALIGNMENT / BLOCK;
    for (PlannedPartition one : planned) {
      if (!names.add(one.guid()) || !names.add(one.number())) {
        throw new IllegalArgumentException("partition " + one.number() + " is there twice");
      }
      long end = next + Math.ceilDiv(one.length(), (long) BLOCK) - 1;
      if (end < next || end > last) {
        throw new IllegalArgumentException(
            "partition " + one.number() + " does not fit a disk of " + bytes + " bytes");
      }
      placed.add(
          new Partition(
              one.number(), one.type(), one.guid(), next, end, checkedLabel(one.label())));
      next = Math.ceilDiv((end + 1) * BLOCK, ALIGNMENT) * (ALIGNMENT / BLOCK);
    }
    return new PartitionTable(disk, bytes / BLOCK, placed);
  }

  /**
   * {@return bytes of the smallest disk, whole MiB, that {@link #plan} can lay these lengths out
   * on}
   */
  public static long smallestDisk(List<Long> lengths) {
    long bytes = ALIGNMENT;
    for (long length : lengths) {
      bytes = Math.addExact(bytes, Math.ceilDiv(length, ALIGNMENT) * ALIGNMENT);
    }
    return Math.addExact(bytes, ALIGNMENT);
  }

  /** Writes protective MBR, both headers and both copies of the entries. */
  public void write(SeekableByteChannel channel) throws IOException {
    TableWriter.write(this, channel);
  }

  /** {@return the first block a partition may use} */
  long firstUsable() {
    return FIRST_USABLE;
  }

  /** {@return the last block a partition may use} */
  long lastUsable() {
    return blocks - FIRST_USABLE;
  }

  private static String checkedLabel(String label) {
    if (label.length() > LABEL_UNITS || label.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a partition label has at most 36 UTF-16 units");
    }
    return label;
  }
}
