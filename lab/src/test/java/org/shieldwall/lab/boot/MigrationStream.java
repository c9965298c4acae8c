package org.shieldwall.lab.boot;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.shieldwall.tpm.Bytes;

/**
 * The TPM in a stream of QEMU's migration: its permanent and its volatile state, PCRs included, as
 * they were when the machine was paused.
 *
 * @param permanent as swtpm's state file holds it
 * @param volatileState as swtpm's state file holds it
 */
record MigrationStream(Bytes permanent, Bytes volatileState) {
  private static final byte[] SECTION = "\u000ctpm-emulator".getBytes(StandardCharsets.US_ASCII);

  /** Finds the device's section: name, instance, version, then three times flags, size, state. */
  static MigrationStream parse(byte[] stream) {
    int at = indexOf(stream, SECTION);
    if (at < 0) {
      throw new AssertionError("QEMU's migration stream holds no TPM");
    }
    ByteBuffer in = ByteBuffer.wrap(stream).position(at + SECTION.length + 8);
    return new MigrationStream(asFile(next(in)), asFile(next(in)));
  }

  private static ByteBuffer next(ByteBuffer in) {
    in.getInt();
    int size = in.getInt();
    ByteBuffer blob = in.slice(in.position(), size);
    in.position(in.position() + size);
    return blob;
  }

  /**
   * swtpm wraps what leaves through its control channel: a header of 10 bytes (version, least
   * version, its own length, flags, whole length), then tag 4 and a length around what the file has
   * after a header without flags.
   */
  private static Bytes asFile(ByteBuffer blob) {
    int header = 10;
    int tag = blob.getShort(header);
    int inner = blob.getInt(header + 2);
    if (tag != 4 || inner != blob.capacity() - header - 6) {
      throw new AssertionError("swtpm's state is wrapped in another way: tag " + tag);
    }
    ByteBuffer file = ByteBuffer.allocate(header + inner);
    file.put(blob.slice(0, 4)).putShort((short) 0).putInt(header + inner);
    return Bytes.of(file.put(blob.slice(header + 6, inner)).array());
  }

  private static int indexOf(byte[] all, byte[] part) {
    for (int at = all.length - part.length; at >= 0; at--) {
      if (ByteBuffer.wrap(all, at, part.length).equals(ByteBuffer.wrap(part))) {
        // A name that begins a section is followed by instance 0 and version 0.
        if (ByteBuffer.wrap(all, at + part.length, 8).getLong() == 0) {
          return at;
        }
      }
    }
    return -1;
  }
}
