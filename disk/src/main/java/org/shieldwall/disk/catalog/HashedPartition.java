package org.shieldwall.disk.catalog;

import java.util.List;
import java.util.UUID;
import org.shieldwall.tpm.Bytes;

/**
 * A partition of a template by its content.
 *
 * @param index its number in the table, from 1
 * @param type what is in it
 * @param label its label
 * @param length in bytes
 * @param blocks SHA-256 of each block from the first byte on; the last block may be shorter
 */
public record HashedPartition(int index, UUID type, String label, long length, List<Bytes> blocks) {

  public HashedPartition {
    blocks = List.copyOf(blocks);
  }

  /** {@return how many bytes block number {@code block}, from 0, has} */
  int lengthOf(int block) {
    return (int)
        Math.min(HashedTemplate.BLOCK_SIZE, length - (long) block * HashedTemplate.BLOCK_SIZE);
  }
}
