package org.shieldwall.disk.luks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.disk.io.ExactChannel;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.MalformedException;

/**
 * A LUKS2 header (LUKS2 On-Disk Format 1.1.1, section 2.1): both copies of it, each with a
 * checksum, and their one JSON part. All numbers are big-endian.
 */
public final class Luks2Header {
  private static final byte[] PRIMARY = {'L', 'U', 'K', 'S', (byte) 0xBA, (byte) 0xBE};
  private static final byte[] SECONDARY = {'S', 'K', 'U', 'L', (byte) 0xBA, (byte) 0xBE};
  private static final int CHECKSUM_AT = 448;
  private static final int SALT = 64;
  private static final int LABEL = 48;

  private final String uuid;
  private final String label;
  private final long sequence;
  private final Luks2Metadata metadata;

  Luks2Header(String uuid, String label, long sequence, Luks2Metadata metadata) {
    if (label.length() >= LABEL || !StandardCharsets.US_ASCII.newEncoder().canEncode(label)) {
      throw new IllegalArgumentException("a LUKS2 label has at most 47 ASCII characters");
    }
    this.uuid = uuid;
    this.label = label;
    this.sequence = sequence;
    this.metadata = metadata;
  }

  /** {@return the volume's UUID} */
  public String uuid() {
    return uuid;
  }

  /** {@return the volume's label, perhaps empty} */
  public String label() {
    return label;
  }

  /** {@return counts the changes of the header; 1 in one that nobody has changed} */
  public long sequence() {
    return sequence;
  }

  /** {@return bytes in one encrypted sector: 512 or 4096} */
  public int sectorSize() {
    return metadata.sectorSize();
  }

  /** {@return the tokens by number, each a JSON object} */
  public SortedMap<Integer, String> tokens() {
    return new TreeMap<>(metadata.tokens());
  }

  /** {@return how many passphrases open the volume} */
  public int keyslots() {
    return metadata.keyslots().size();
  }

  Luks2Metadata metadata() {
    return metadata;
  }

  /** Reads both copies at {@code offset} of a channel, each byte once. */
  public static Luks2Header read(SeekableByteChannel channel, long offset)
      throws IOException, MalformedException {
    return parse(ExactChannel.read(channel, offset, 2 * Luks2Layout.HEADER, "LUKS2 header"));
  }

  /**
   * Reads both copies. cryptsetup repairs one from the other; here they must agree.
   *
   * @param both 32 KiB: the primary header, then the secondary
   */
  public static Luks2Header parse(byte[] both) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(both, "LUKS2 header");
    byte[] first = in.bytes(Luks2Layout.HEADER, "primary header");
    byte[] second = in.bytes(Luks2Layout.HEADER, "secondary header");
    in.end();
    Luks2Header primary = copy(first, PRIMARY, 0, "LUKS2 primary header");
    Luks2Header secondary = copy(second, SECONDARY, Luks2Layout.HEADER, "LUKS2 secondary header");
    boolean agree =
        primary.uuid.equals(secondary.uuid)
            && primary.label.equals(secondary.label)
            && primary.sequence == secondary.sequence
            && Arrays.equals(
                first, Luks2Layout.BINARY, first.length, second, Luks2Layout.BINARY, second.length);
    if (!agree) {
      throw new MalformedException(
          "LUKS2 secondary header", Luks2Layout.HEADER, "what the primary says", "something else");
    }
    return primary;
  }

  private static Luks2Header copy(byte[] bytes, byte[] magic, long offset, String name)
      throws MalformedException {
    ByteReader in = ByteReader.bigEndian(bytes, name);
    if (!Arrays.equals(in.bytes(magic.length, "magic"), magic)) {
      throw in.malformed("its magic", "other bytes");
    }
    same(in, 2, in.u16("version"));
    same(in, Luks2Layout.HEADER, in.u64("header size"));
    long sequence = in.u64("sequence number");
    String label = text(in, LABEL, "label");
    if (!text(in, 32, "checksum algorithm").equals("sha256")) {
      throw in.malformed("checksum algorithm sha256", "another");
    }
    in.bytes(SALT, "salt");
    String uuid = text(in, 40, "UUID");
    if (!text(in, 48, "subsystem").isEmpty()) {
      throw in.malformed("no subsystem", "one");
    }
    same(in, offset, in.u64("header offset"));
    zeros(in, in.bytes(184, "padding"));
    byte[] checksum = in.bytes(64, "checksum");
    zeros(in, in.bytes(7 * 512, "padding"));
    if (!Arrays.equals(checksum, checksum(bytes))) {
      throw in.malformed("a checksum that fits", "another");
    }
    return new Luks2Header(uuid, label, sequence, json(in));
  }

  private static Luks2Metadata json(ByteReader in) throws MalformedException {
    byte[] area = in.rest();
    int end = 0;
    while (end < area.length && area[end] != 0) {
      end++;
    }
    if (end == area.length) {
      throw in.malformed("JSON that ends before its area does", "no end");
    }
    zeros(in, Arrays.copyOfRange(area, end, area.length));
    return MetadataJson.parse(Arrays.copyOf(area, end));
  }

  /**
   * {@return both copies, 32 KiB}
   *
   * @param salts two times 64 random bytes, which make the two checksums differ
   */
  byte[] bytes(byte[] salts) {
    byte[] json = MetadataJson.write(metadata);
    ByteBuffer out = ByteBuffer.allocate(2 * Luks2Layout.HEADER);
    for (int copy = 0; copy < 2; copy++) {
      int start = copy * Luks2Layout.HEADER;
      byte[] one =
          oneCopy(
              copy == 0 ? PRIMARY : SECONDARY,
              start,
              Arrays.copyOfRange(salts, copy * SALT, (copy + 1) * SALT),
              json);
      out.put(start, one);
    }
    return out.array();
  }

  private byte[] oneCopy(byte[] magic, long offset, byte[] salt, byte[] json) {
    if (json.length >= Luks2Layout.JSON) {
      throw new IllegalArgumentException("metadata of " + json.length + " bytes do not fit");
    }
    ByteBuffer out = ByteBuffer.allocate(Luks2Layout.HEADER);
    out.put(magic).putShort((short) 2).putLong(Luks2Layout.HEADER).putLong(sequence);
    int at = out.position();
    for (Map.Entry<Integer, byte[]> field :
        List.of(
            Map.entry(LABEL, label.getBytes(StandardCharsets.US_ASCII)),
            Map.entry(32, "sha256".getBytes(StandardCharsets.US_ASCII)),
            Map.entry(SALT, salt),
            Map.entry(40, uuid.getBytes(StandardCharsets.US_ASCII)),
            Map.entry(48, new byte[0]))) {
      out.put(at, field.getValue());
      at += field.getKey();
    }
    out.putLong(at, offset).put(Luks2Layout.BINARY, json);
    return out.put(CHECKSUM_AT, checksum(out.array())).array();
  }

  /** Over the whole copy with the checksum's own bytes zero; 32 bytes, padded to 64. */
  private static byte[] checksum(byte[] copy) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(copy, 0, CHECKSUM_AT);
      digest.update(new byte[64]);
      digest.update(copy, CHECKSUM_AT + 64, copy.length - CHECKSUM_AT - 64);
      return Arrays.copyOf(digest.digest(), 64);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String text(ByteReader in, int length, String field) throws MalformedException {
    byte[] bytes = in.bytes(length, field);
    int end = 0;
    while (end < length && bytes[end] != 0) {
      if (bytes[end] < 0x20 || bytes[end] > 0x7E) {
        throw in.malformed("printable ASCII in " + field, "byte " + (bytes[end] & 0xFF));
      }
      end++;
    }
    zeros(in, Arrays.copyOfRange(bytes, end, length));
    if (end == length) {
      throw in.malformed(field + " that ends", "no end");
    }
    return new String(bytes, 0, end, StandardCharsets.US_ASCII);
  }

  private static void zeros(ByteReader in, byte[] bytes) throws MalformedException {
    for (byte one : bytes) {
      if (one != 0) {
        throw in.malformed("zeros", "byte " + (one & 0xFF));
      }
    }
  }

  private static void same(ByteReader in, long expected, long found) throws MalformedException {
    if (expected != found) {
      throw in.malformed(Long.toString(expected), Long.toString(found));
    }
  }
}
