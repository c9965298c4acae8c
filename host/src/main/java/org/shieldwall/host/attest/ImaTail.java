package org.shieldwall.host.attest;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.shieldwall.tpm.Bytes;

/**
 * The end of the kernel's IMA list: what came after the entries that the service knows. They are
 * passed over as they are read, so that a list of any length takes no more memory than its end.
 *
 * <p>The list's own form (kernel, {@code ima_measurements_show}), in this machine's byte order,
 * which is little-endian on every machine that guards: PCR (4 bytes), template digest (20), length
 * of the template's name (4), name, length of the data (4), data. The old template {@code ima} has
 * no length of its data: a digest (20), length of the file's name (4), name.
 */
final class ImaTail {
  private static final int DIGEST_SIZE = 20;
  private static final int LARGEST_FIELD = 4 << 20;
  private static final int LONGEST_NAME = 16;
  private static final byte[] OLD_TEMPLATE = "ima".getBytes(StandardCharsets.US_ASCII);

  private final InputStream in;

  private ImaTail(InputStream in) {
    this.in = in;
  }

  /**
   * {@return everything after the first {@code entries} entries}
   *
   * @param limit how many bytes at most
   */
  static Bytes read(InputStream list, long entries, int limit) throws IOException {
    InputStream in = new BufferedInputStream(list, 64 << 10);
    ImaTail tail = new ImaTail(in);
    for (long i = 0; i < entries; i++) {
      tail.pass();
    }
    byte[] bytes = in.readNBytes(limit + 1);
    if (bytes.length > limit) {
      throw new IOException("the end of the IMA list is larger than " + limit + " bytes");
    }
    return Bytes.of(bytes);
  }

  private void pass() throws IOException {
    in.skipNBytes(4 + DIGEST_SIZE);
    int length = length(LONGEST_NAME);
    byte[] name = in.readNBytes(length);
    if (Arrays.equals(name, OLD_TEMPLATE)) {
      in.skipNBytes(DIGEST_SIZE);
    }
    in.skipNBytes(length(LARGEST_FIELD));
  }

  private int length(int most) throws IOException {
    byte[] field = in.readNBytes(4);
    if (field.length < 4) {
      throw new EOFException("the IMA list is shorter than it was");
    }
    long length =
        (field[0] & 0xFFL)
            | (field[1] & 0xFFL) << 8
            | (field[2] & 0xFFL) << 16
            | (field[3] & 0xFFL) << 24;
    if (length > most) {
      throw new IOException("the IMA list holds a field of " + length + " bytes");
    }
    return (int) length;
  }
}
