package org.shieldwall.disk.catalog;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import org.shieldwall.disk.DiskProblem;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.disk.io.ExactChannel;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * Copies a partition of an untrusted template, checking each block on the way.
 *
 * <p>Each block is read once, into memory of ours, hashed there, and handed on from there: the
 * bytes that were verified are the bytes that are written. Whoever owns the storage may change a
 * block after it was read, or serve different bytes to each reader, and gains nothing by it.
 */
public final class VerifiedCopy {
  /** Takes verified blocks, in order. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes the next block.
     *
     * @param block valid until this returns
     * @param length how many of its bytes count
     */
    void accept(byte[] block, int length) throws IOException, DiskRefusedException;
  }

  private VerifiedCopy() {}

  /**
   * Hands all of a partition on, block by block, and stops at the first that differs.
   *
   * @param offset where the template's table says the partition begins; need not be trusted, since
   *     only bytes that match are passed on
   */
  public static void copy(
      SeekableByteChannel template, long offset, HashedPartition expected, Sink sink)
      throws IOException, DiskRefusedException {
    byte[] block = new byte[HashedTemplate.BLOCK_SIZE];
    BlockHash hash = new BlockHash();
    for (int number = 0; number < expected.blocks().size(); number++) {
      int length = expected.lengthOf(number);
      long at = offset + (long) number * HashedTemplate.BLOCK_SIZE;
      read(template, at, block, length, expected.index());
      Bytes found = hash.of(block, length);
      if (!found.equals(expected.blocks().get(number))) {
        throw new DiskRefusedException(
            DiskProblem.TEMPLATE_BLOCK_DIFFERS,
            "partition %d, block %d, offset %d: expected SHA-256 %s, found %s"
                .formatted(expected.index(), number, at, expected.blocks().get(number), found));
      }
      sink.accept(block, length);
    }
  }

  private static void read(
      SeekableByteChannel template, long at, byte[] block, int length, int partition)
      throws DiskRefusedException {
    try {
      ExactChannel.read(template, at, block, length, "partition " + partition);
    } catch (IOException | MalformedException e) {
      String said = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new DiskRefusedException(DiskProblem.TEMPLATE_UNREADABLE, said, e);
    }
  }
}
