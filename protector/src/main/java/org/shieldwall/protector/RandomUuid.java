package org.shieldwall.protector;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;

/** Version 4 UUIDs (RFC 9562, section 5.4) from a given source of randomness. */
public final class RandomUuid {
  private RandomUuid() {}

  public static UUID from(SecureRandom random) {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    bytes[6] = (byte) ((bytes[6] & 0x0F) | 0x40);
    bytes[8] = (byte) ((bytes[8] & 0x3F) | 0x80);
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new UUID(buffer.getLong(), buffer.getLong());
  }
}
