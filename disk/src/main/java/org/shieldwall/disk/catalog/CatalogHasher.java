package org.shieldwall.disk.catalog;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.disk.Progress;
import org.shieldwall.disk.gpt.Partition;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.io.ExactChannel;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/** Hashes a template for its signer. */
public final class CatalogHasher {
  private CatalogHasher() {}

  /**
   * Hashes every partition of a raw disk image, 1 MiB at a time.
   *
   * @throws MalformedException if the image has no good partition table, or ends early
   */
  public static HashedTemplate hash(SeekableByteChannel template, Progress progress)
      throws IOException, MalformedException {
    PartitionTable table = PartitionTable.read(template);
    long total = table.partitions().stream().mapToLong(Partition::length).sum();
    long done = 0;
    byte[] block = new byte[HashedTemplate.BLOCK_SIZE];
    BlockHash hash = new BlockHash();
    List<HashedPartition> partitions = new ArrayList<>();
    for (Partition one : table.partitions()) {
      List<Bytes> blocks = new ArrayList<>();
      for (long at = 0; at < one.length(); at += block.length) {
        int length = (int) Math.min(block.length, one.length() - at);
        ExactChannel.read(template, one.offset() + at, block, length, "partition " + one.number());
        blocks.add(hash.of(block, length));
        done += length;
        progress.at(done, total);
      }
      partitions.add(
          new HashedPartition(one.number(), one.type(), one.label(), one.length(), blocks));
    }
    return new HashedTemplate(partitions);
  }
}
