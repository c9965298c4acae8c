package org.shieldwall.disk.gpt;

import java.util.UUID;

/**
 * One partition.
 *
 * @param number its place in the table, from 1
 * @param type what is in it, see {@link PartitionType}
 * @param guid its own name
 * @param firstBlock first logical block of 512 bytes
 * @param lastBlock last logical block, itself included
 * @param label at most 36 UTF-16 units
 */
public record Partition(
    int number, UUID type, UUID guid, long firstBlock, long lastBlock, String label) {

  /** {@return where it begins, in bytes from the start of the disk} */
  public long offset() {
    return firstBlock * PartitionTable.BLOCK;
  }

  /** {@return its length in bytes} */
  public long length() {
    return (lastBlock - firstBlock + 1) * PartitionTable.BLOCK;
  }
}
