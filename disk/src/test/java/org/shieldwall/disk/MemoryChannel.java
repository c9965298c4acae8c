package org.shieldwall.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.Arrays;

/** A disk in memory. */
public class MemoryChannel implements SeekableByteChannel {
  private byte[] bytes;
  private int position;

  public MemoryChannel(byte[] bytes) {
    this.bytes = bytes.clone();
  }

  public MemoryChannel(int length) {
    this.bytes = new byte[length];
  }

  /** {@return the bytes themselves, so that a test can alter them} */
  public byte[] bytes() {
    return bytes;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    if (position >= bytes.length) {
      return -1;
    }
    int length = Math.min(into.remaining(), bytes.length - position);
    into.put(bytes, position, length);
    position += length;
    return length;
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    int length = from.remaining();
    if (position + length > bytes.length) {
      bytes = Arrays.copyOf(bytes, position + length);
    }
    from.get(bytes, position, length);
    position += length;
    return length;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public SeekableByteChannel position(long newPosition) {
    position = Math.toIntExact(newPosition);
    return this;
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    bytes = Arrays.copyOf(bytes, (int) Math.min(size, bytes.length));
    return this;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {}
}
