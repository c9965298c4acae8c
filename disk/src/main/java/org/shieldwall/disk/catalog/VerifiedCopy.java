package org.shieldwall.disk.catalog;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.shieldwall.disk.DiskProblem;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.disk.io.ExactChannel;
import org.shieldwall.protector.SignedPartition;
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
      SeekableByteChannel template, long offset, SignedPartition expected, Sink sink)
      throws IOException, DiskRefusedException {
    byte[] block = new byte[SignedPartition.BLOCK_BYTES];
    MessageDigest digest = CatalogHasher.sha256();
    for (int number = 0; number < expected.blockCount(); number++) {
      int length = expected.blockLength(number);
      long at = offset + (long) number * SignedPartition.BLOCK_BYTES;
      read(template, at, block, length, expected.index());
      digest.update(block, 0, length);
      byte[] found = digest.digest();
      if (!expected.matches(number, found)) {
        throw new DiskRefusedException(
            DiskProblem.TEMPLATE_BLOCK_DIFFERS,
            "partition %d, block %d, offset %d: expected SHA-256 %s, found %s"
                .formatted(expected.index(), number, at, hex(expected.block(number)), hex(found)));
      }
      sink.accept(block, length);
    }
  }

  private static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash);
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
