package org.shieldwall.hgs.attestation.directory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.shieldwall.tpm.MalformedException;

/** SIDs from their binary form ([MS-DTYP], section 2.4.2.2). */
final class SecurityIdentifier {
  private static final int MAX_PARTS = 15;
  private static final int HEAD = 8;

  private SecurityIdentifier() {}

  /** {@return {@code S-1-…}} */
  static String text(byte[] binary) throws MalformedException {
    int parts = binary.length < HEAD ? -1 : binary[1] & 0xFF;
    if (parts < 1 || parts > MAX_PARTS || binary.length != HEAD + 4 * parts || binary[0] != 1) {
      throw new MalformedException("SID", 0, "revision 1 and 1 to 15 parts", "something else");
    }
    long authority = 0;
    for (int at = 2; at < HEAD; at++) {
      authority = (authority << 8) | (binary[at] & 0xFF);
    }
    StringBuilder text = new StringBuilder("S-1-").append(authority);
    ByteBuffer rest = ByteBuffer.wrap(binary).order(ByteOrder.LITTLE_ENDIAN).position(HEAD);
    while (rest.hasRemaining()) {
      text.append('-').append(Integer.toUnsignedString(rest.getInt()));
    }
    return text.toString();
  }
}
