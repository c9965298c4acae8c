package org.shieldwall.disk.catalog;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.shieldwall.disk.DiskProblem;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.disk.gpt.Partition;
import org.shieldwall.disk.gpt.PartitionTable;

/**
 * A template by its content: what a volume signature catalog signs. Where the partitions lie is not
 * part of it: a new disk has a layout of its own, and only bytes that match are copied to it.
 *
 * @param partitions all of the template's, in the order of their numbers
 */
public record HashedTemplate(List<HashedPartition> partitions) {
  /** Bytes hashed together: 1 MiB. Also the most that is held before it is verified. */
  public static final int BLOCK_SIZE = 1 << 20;

  private static final int HASH = 32;

  /**
   * Keeps the list; a list that no template can have is refused.
   *
   * @throws IllegalArgumentException if numbers repeat or a partition's hashes do not cover it
   */
  public HashedTemplate {
    partitions = List.copyOf(partitions);
    Set<Integer> numbers = new HashSet<>();
    for (HashedPartition one : partitions) {
      if (one.index() < 1 || !numbers.add(one.index())) {
        throw new IllegalArgumentException("partition " + one.index() + " twice, or below 1");
      }
      boolean covered =
          one.length() > 0
              && one.length() % PartitionTable.BLOCK == 0
              && one.blocks().size() == Math.ceilDiv(one.length(), (long) BLOCK_SIZE)
              && one.blocks().stream().allMatch(hash -> hash.length() == HASH);
      if (!covered) {
        throw new IllegalArgumentException(
            "partition "
                + one.index()
                + " of "
                + one.length()
                + " bytes is not covered by "
                + one.blocks().size()
                + " hashes");
      }
    }
  }

  /** {@return bytes of all partitions} */
  public long length() {
    return partitions.stream().mapToLong(HashedPartition::length).sum();
  }

  /**
   * Refuses a partition table that is not this template's: number, type, label and length of each
   * partition, none missing, none more.
   */
  public void requireLayout(PartitionTable table) throws DiskRefusedException {
    if (table.partitions().size() != partitions.size()) {
      throw differs(partitions.size() + " partitions", table.partitions().size() + "");
    }
    for (int i = 0; i < partitions.size(); i++) {
      HashedPartition expected = partitions.get(i);
      Partition found = table.partitions().get(i);
      boolean same =
          expected.index() == found.number()
              && expected.type().equals(found.type())
              && expected.label().equals(found.label())
              && expected.length() == found.length();
      if (!same) {
        throw differs(
            "partition %d \"%s\" of type %s and %d bytes"
                .formatted(expected.index(), expected.label(), expected.type(), expected.length()),
            "partition %d \"%s\" of type %s and %d bytes"
                .formatted(found.number(), found.label(), found.type(), found.length()));
      }
    }
  }

  private static DiskRefusedException differs(String expected, String found) {
    return new DiskRefusedException(
        DiskProblem.TEMPLATE_LAYOUT_DIFFERS, "expected " + expected + ", found " + found);
  }
}
