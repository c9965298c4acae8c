package org.shieldwall.disk.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import org.shieldwall.tpm.MalformedException;

/** Positioned reads and writes that do all they were asked for, or say what was missing. */
public final class ExactChannel {
  private ExactChannel() {}

  /**
   * Reads {@code length} bytes at {@code offset}.
   *
   * @param structure what is being read, for the refusal
   * @throws MalformedException if the channel ends first
   */
  public static byte[] read(SeekableByteChannel channel, long offset, int length, String structure)
      throws IOException, MalformedException {
    byte[] out = new byte[length];
    read(channel, offset, out, length, structure);
    return out;
  }

  /** Reads {@code length} bytes at {@code offset} into the start of {@code into}. */
  public static void read(
      SeekableByteChannel channel, long offset, byte[] into, int length, String structure)
      throws IOException, MalformedException {
    ByteBuffer buffer = ByteBuffer.wrap(into, 0, length);
    channel.position(offset);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new MalformedException(
            structure,
            offset + buffer.position(),
            length + " bytes from offset " + offset,
            "the end after " + buffer.position());
      }
    }
  }

  /** Writes all of {@code bytes} at {@code offset}. */
  public static void write(SeekableByteChannel channel, long offset, byte[] bytes)
      throws IOException {
    write(channel, offset, bytes, bytes.length);
  }

  /** Writes the first {@code length} of {@code bytes} at {@code offset}. */
  public static void write(SeekableByteChannel channel, long offset, byte[] bytes, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
    channel.position(offset);
    while (buffer.hasRemaining()) {
      // A channel that takes nothing and throws nothing would otherwise hold us here for ever.
      if (channel.write(buffer) <= 0) {
        throw new IOException("no room for " + buffer.remaining() + " bytes at offset " + offset);
      }
    }
  }
}
