package org.shieldwall.evidence.ima;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.shieldwall.tpm.MalformedException;

/**
 * A window over a stream: asks for as many bytes as one entry needs, never for more than have
 * arrived, and keeps no others.
 */
final class ImaInput {
  /** Largest entry; the largest real ones hold a key or a policy of some 100 KiB. */
  static final int LARGEST_ENTRY = 4 << 20;

  private static final int WINDOW = 64 << 10;

  private final InputStream in;
  byte[] window = new byte[WINDOW];
  int from;
  private int to;
  private long consumed;

  ImaInput(InputStream in) {
    this.in = in;
  }

  /** {@return offset of {@link #from} in the stream} */
  long offset() {
    return consumed + from;
  }

  /** {@return how many bytes from {@link #from} on are in the window} */
  int available() {
    return to - from;
  }

  /**
   * Sees to it that {@code count} bytes from {@link #from} on are in the window.
   *
   * @return whether the stream had that many
   */
  boolean fill(int count) throws IOException {
    while (to - from < count) {
      if (from > 0 && to == window.length) {
        System.arraycopy(window, from, window, 0, to - from);
        consumed += from;
        to -= from;
        from = 0;
      }
      if (to == window.length) {
        window = Arrays.copyOf(window, window.length * 2);
      }
      int read = in.read(window, to, window.length - to);
      if (read < 0) {
        return false;
      }
      to += read;
    }
    return true;
  }

  /** Like {@link #fill}, for bytes that have to be there. */
  void need(long count, long at, String field) throws IOException, MalformedException {
    if (count < 0 || count > LARGEST_ENTRY) {
      throw malformed(at, field + " of at most " + LARGEST_ENTRY + " bytes", count + " bytes");
    }
    if (!fill((int) count)) {
      throw malformed(at, count + " bytes up to the end of " + field, available() + " left");
    }
  }

  /** {@return the unsigned little-endian number at {@code position} in the window} */
  long u32(int position) {
    return (window[position] & 0xFFL)
        | (window[position + 1] & 0xFFL) << 8
        | (window[position + 2] & 0xFFL) << 16
        | (window[position + 3] & 0xFFL) << 24;
  }

  static MalformedException malformed(long offset, String expected, String found) {
    return new MalformedException("IMA list", offset, expected, found);
  }
}
