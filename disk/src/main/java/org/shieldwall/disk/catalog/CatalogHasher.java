package org.shieldwall.disk.catalog;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.shieldwall.disk.DiskProblem;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.disk.Progress;
import org.shieldwall.disk.gpt.Partition;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.io.ExactChannel;
import org.shieldwall.protector.SignedPartition;
import org.shieldwall.tpm.MalformedException;

/** Hashes a template for its signer. */
public final class CatalogHasher {
  private static final int HASH = 32;

  private CatalogHasher() {}

  /**
   * Hashes every partition of a raw disk image, 1 MiB at a time.
   *
   * @return the partitions in the order of their numbers
   * @throws MalformedException if the image has no good partition table, or ends early
   * @throws DiskRefusedException if a catalog cannot name a partition, being too large
   */
  public static List<SignedPartition> hash(SeekableByteChannel template, Progress progress)
      throws IOException, MalformedException, DiskRefusedException {
    PartitionTable table = PartitionTable.read(template);
    long total = table.partitions().stream().mapToLong(Partition::length).sum();
    long before = 0;
    List<SignedPartition> partitions = new ArrayList<>();
    for (Partition one : table.partitions()) {
      long start = before;
      byte[] blocks = blocks(template, one, done -> progress.at(start + done, total));
      partitions.add(signed(one, blocks));
      before += one.length();
    }
    return partitions;
  }

  private static byte[] blocks(SeekableByteChannel template, Partition one, LongConsumer progress)
      throws IOException, MalformedException, DiskRefusedException {
    long count = Math.ceilDiv(one.length(), (long) SignedPartition.BLOCK_BYTES);
    if (count > 1 << 20) {
      throw unsuitable(one, "is larger than 1 TiB");
    }
    byte[] hashes = new byte[(int) count * HASH];
    byte[] block = new byte[SignedPartition.BLOCK_BYTES];
    MessageDigest digest = sha256();
    for (int number = 0; number < count; number++) {
      long at = (long) number * block.length;
      int length = (int) Math.min(block.length, one.length() - at);
      ExactChannel.read(template, one.offset() + at, block, length, "partition " + one.number());
      digest.update(block, 0, length);
      System.arraycopy(digest.digest(), 0, hashes, number * HASH, HASH);
      progress.accept(at + length);
    }
    return hashes;
  }

  private static SignedPartition signed(Partition one, byte[] blocks) throws DiskRefusedException {
    try {
      return SignedPartition.of(one.number(), one.type(), one.label(), one.length(), blocks);
    } catch (IllegalArgumentException e) {
      throw unsuitable(one, String.valueOf(e.getMessage()));
    }
  }

  private static DiskRefusedException unsuitable(Partition one, String why) {
    return new DiskRefusedException(
        DiskProblem.CATALOG_UNSUITABLE, "partition " + one.number() + ": " + why);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
