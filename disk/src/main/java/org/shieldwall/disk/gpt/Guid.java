package org.shieldwall.disk.gpt;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * The bytes of a GUID on disk: the first three groups little-endian, the last two as written (UEFI
 * 2.10, appendix A).
 */
final class Guid {
  static final int LENGTH = 16;
  static final UUID NONE = new UUID(0, 0);

  private Guid() {}

  static UUID of(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long first = in.getInt() & 0xFFFF_FFFFL;
    long second = in.getShort() & 0xFFFFL;
    long third = in.getShort() & 0xFFFFL;
    return new UUID(first << 32 | second << 16 | third, in.order(ByteOrder.BIG_ENDIAN).getLong());
  }

  static byte[] bytes(UUID guid) {
    long high = guid.getMostSignificantBits();
    return ByteBuffer.allocate(LENGTH)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt((int) (high >>> 32))
        .putShort((short) (high >>> 16))
        .putShort((short) high)
        .order(ByteOrder.BIG_ENDIAN)
        .putLong(guid.getLeastSignificantBits())
        .array();
  }
}
