package org.shieldwall.disk.fat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A file's directory entries: its long name, backwards, 13 UTF-16 units to an entry, then one short
 * entry (Microsoft FAT specification, sections 6 and 7). The short name only has to be unique, so
 * it is a number.
 */
final class FatName {
  static final int ENTRY = 32;

  private static final int UNITS = 13;
  private static final int[] PLACES = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
  private static final byte ARCHIVE = 0x20;
  private static final byte VOLUME = 0x08;
  private static final byte LONG_NAME = 0x0F;
  private static final byte LAST = 0x40;

  /** 1 January 1980: a fixed date, so that equal files give equal volumes. */
  private static final short DATE = 1 << 5 | 1;

  private FatName() {}

  static void requireDistinct(Collection<String> names) throws FatNameException {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      requireGood(name);
      if (!seen.add(name.toUpperCase(Locale.ROOT))) {
        throw new FatNameException("\"" + name + "\" differs from another name in case only");
      }
    }
  }

  private static void requireGood(String name) throws FatNameException {
    boolean good =
        !name.isBlank()
            && name.length() <= 255
            && !name.endsWith(".")
            && !name.endsWith(" ")
            && StandardCharsets.UTF_16LE.newEncoder().canEncode(name)
            && name.chars().noneMatch(c -> c < 0x20 || c == 0x7F || "\"*/:<>?\\|".indexOf(c) >= 0);
    if (!good) {
      throw new FatNameException(
          "\"%s\" is no file name: 1 to 255 characters, none of \"*/:<>?\\|, no control characters,"
                  .formatted(name.replaceAll("[^ -~]", "?"))
              + " no dot or space at the end");
    }
  }

  /** {@return how many entries a file of this name takes} */
  static int slots(String name) {
    return Math.ceilDiv(name.length(), UNITS) + 1;
  }

  static byte[] volumeLabel(String label) {
    return shortEntry((label + " ".repeat(11 - label.length())), VOLUME);
  }

  /**
   * {@return the entries of one file, without its first cluster and size}
   *
   * @param number unique in the directory
   */
  static List<byte[]> entries(String name, int number) {
    byte[] last = shortEntry("S%07d   ".formatted(number), ARCHIVE);
    byte checksum = checksum(last);
    int count = slots(name) - 1;
    List<byte[]> out = new ArrayList<>();
    for (int part = count; part >= 1; part--) {
      out.add(longEntry(name, part, part == count, checksum));
    }
    out.add(last);
    return out;
  }

  private static byte[] shortEntry(String name, byte attributes) {
    ByteBuffer out = ByteBuffer.allocate(ENTRY).order(ByteOrder.LITTLE_ENDIAN);
    out.put(name.getBytes(StandardCharsets.US_ASCII)).put(attributes);
    return out.putShort(16, DATE).putShort(18, DATE).putShort(24, DATE).array();
  }

  private static byte[] longEntry(String name, int part, boolean isLast, byte checksum) {
    ByteBuffer out = ByteBuffer.allocate(ENTRY).order(ByteOrder.LITTLE_ENDIAN);
    out.put(0, (byte) (isLast ? part | LAST : part)).put(11, LONG_NAME).put(13, checksum);
    for (int i = 0; i < UNITS; i++) {
      int at = (part - 1) * UNITS + i;
      int unit = at < name.length() ? name.charAt(at) : at == name.length() ? 0 : 0xFFFF;
      out.putShort(PLACES[i], (short) unit);
    }
    return out.array();
  }

  /** Ties the long entries to their short one. */
  private static byte checksum(byte[] shortEntry) {
    int sum = 0;
    for (byte one : Arrays.copyOf(shortEntry, 11)) {
      sum = ((sum & 1) << 7) + (sum >> 1) + (one & 0xFF) & 0xFF;
    }
    return (byte) sum;
  }
}
