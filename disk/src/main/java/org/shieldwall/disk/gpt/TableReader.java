package org.shieldwall.disk.gpt;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.shieldwall.disk.io.ExactChannel;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.MalformedException;

/**
 * Reads a table strictly (UEFI 2.10, section 5.3). Firmware repairs or prefers one copy where the
 * two differ; here a difference is a refusal, since whoever makes a template can write it whole.
 */
final class TableReader {
  private static final int BLOCK = PartitionTable.BLOCK;
  private static final int ENTRY = 128;
  private static final int MOST_ENTRIES = 1024;

  private final SeekableByteChannel disk;

  TableReader(SeekableByteChannel disk) {
    this.disk = disk;
  }

  /** The fields of one header; the CRC of itself is already checked. */
  private record Header(
      long firstUsable, long lastUsable, UUID disk, long entriesAt, int entries, long entriesCrc) {

    boolean agreesWith(Header other) {
      return firstUsable == other.firstUsable
          && lastUsable == other.lastUsable
          && disk.equals(other.disk)
          && entries == other.entries
          && entriesCrc == other.entriesCrc;
    }

    long entryBlocks() {
      return Math.ceilDiv(entries * ENTRY, BLOCK);
    }
  }

  PartitionTable read() throws IOException, MalformedException {
    long size = disk.size();
    long last = size / BLOCK - 1;
    if (size % BLOCK != 0 || last < 2L * PartitionTable.TABLE_BLOCKS + 3) {
      throw bad("GPT disk", 0, "whole blocks of 512 bytes, at least 68", size + " bytes");
    }
    protectiveMbr();
    Header primary = header("GPT primary header", 1, last);
    Header backup = header("GPT backup header", last, 1);
    if (!primary.agreesWith(backup)) {
      throw bad("GPT backup header", last * BLOCK, "what the primary says", "something else");
    }
    bounds(primary, backup, last);
    byte[] entries = entries("GPT primary entries", primary);
    // Same CRC as the primary's, which agreesWith has held: reading it proves the copy is whole.
    entries("GPT backup entries", backup);
    return new PartitionTable(primary.disk, size / BLOCK, partitions(primary, entries));
  }

  private void protectiveMbr() throws IOException, MalformedException {
    byte[] mbr = ExactChannel.read(disk, 0, BLOCK, "protective MBR");
    ByteBuffer in = ByteBuffer.wrap(mbr).order(ByteOrder.LITTLE_ENDIAN);
    if (in.getShort(510) != (short) 0xAA55) {
      throw bad("protective MBR", 510, "55aa", "%04x".formatted(in.getShort(510)));
    }
    if (mbr[446 + 4] != (byte) 0xEE || in.getInt(446 + 8) != 1) {
      throw bad("protective MBR", 446, "one entry of type ee from block 1", "another entry");
    }
    for (int at = 446 + 16; at < 510; at++) {
      if (mbr[at] != 0) {
        throw bad("protective MBR", at, "no second entry (a hybrid MBR is refused)", "one");
      }
    }
  }

  private Header header(String name, long self, long other) throws IOException, MalformedException {
    byte[] bytes = ExactChannel.read(disk, self * BLOCK, BLOCK, name);
    ByteReader in = ByteReader.littleEndian(bytes, name);
    same(in, "EFI PART", new String(in.bytes(8, "signature"), StandardCharsets.ISO_8859_1));
    same(in, 0x0001_0000L, in.u32("revision"));
    same(in, 92L, in.u32("header size"));
    long crc = in.u32("CRC of the header");
    same(in, 0L, in.u32("reserved"));
    byte[] zeroed = bytes.clone();
    ByteBuffer.wrap(zeroed).putInt(16, 0);
    same(in, TableWriter.crc(zeroed, 92) & 0xFFFF_FFFFL, crc);
    same(in, self, in.u64("own block"));
    same(in, other, in.u64("other header's block"));
    Header header =
        new Header(
            in.u64("first usable block"),
            in.u64("last usable block"),
            Guid.of(in.bytes(Guid.LENGTH, "disk GUID")),
            in.u64("first block of the entries"),
            count(in),
            entryCrc(in));
    for (byte one : in.rest()) {
      same(in, 0L, (long) one);
    }
    return header;
  }

  private static int count(ByteReader in) throws MalformedException {
    long entries = in.u32("number of entries");
    if (entries < 1 || entries > MOST_ENTRIES) {
      throw in.malformed("1 to " + MOST_ENTRIES + " entries", Long.toString(entries));
    }
    return (int) entries;
  }

  private static long entryCrc(ByteReader in) throws MalformedException {
    same(in, (long) ENTRY, in.u32("size of an entry"));
    return in.u32("CRC of the entries");
  }

  /** Compares as unsigned: a block number with its top bit set is far outside every disk. */
  private static void bounds(Header primary, Header backup, long last) throws MalformedException {
    long entryBlocks = primary.entryBlocks();
    boolean good =
        primary.entriesAt == 2
            && inside(primary.firstUsable, 2 + entryBlocks, last)
            && inside(primary.lastUsable, primary.firstUsable, last)
            && inside(backup.entriesAt, primary.lastUsable + 1, last)
            && backup.entriesAt + entryBlocks <= last;
    if (!good) {
      throw bad(
          "GPT primary header",
          BLOCK + 40L,
          "header, entries, usable blocks, entries, header in this order",
          "first usable %d, last usable %d, entries at %d and %d"
              .formatted(
                  primary.firstUsable, primary.lastUsable, primary.entriesAt, backup.entriesAt));
    }
  }

  private static boolean inside(long block, long from, long to) {
    return block >= from && block <= to;
  }

  private byte[] entries(String name, Header header) throws IOException, MalformedException {
    long offset = header.entriesAt * BLOCK;
    byte[] bytes = ExactChannel.read(disk, offset, header.entries * ENTRY, name);
    long crc = TableWriter.crc(bytes, bytes.length) & 0xFFFF_FFFFL;
    if (crc != header.entriesCrc) {
      throw bad(name, offset, "CRC %08x".formatted(header.entriesCrc), "%08x".formatted(crc));
    }
    return bytes;
  }

  private static List<Partition> partitions(Header header, byte[] bytes) throws MalformedException {
    ByteReader in = ByteReader.littleEndian(bytes, "GPT entries");
    List<Partition> found = new ArrayList<>();
    Set<UUID> guids = new HashSet<>();
    for (int number = 1; number <= header.entries; number++) {
      ByteReader entry = in.slice(ENTRY, "entry " + number);
      UUID type = Guid.of(entry.bytes(Guid.LENGTH, "type"));
      if (type.equals(Guid.NONE)) {
        unused(entry);
        continue;
      }
      Partition one = partition(number, type, entry);
      if (!guids.add(one.guid()) || one.guid().equals(Guid.NONE)) {
        throw entry.malformed("a GUID of its own", one.guid().toString());
      }
      if (!inside(one.firstBlock(), header.firstUsable, header.lastUsable)
          || !inside(one.lastBlock(), one.firstBlock(), header.lastUsable)) {
        throw entry.malformed(
            "blocks within " + header.firstUsable + " to " + header.lastUsable,
            one.firstBlock() + " to " + one.lastBlock());
      }
      found.add(one);
    }
    disjoint(found);
    return found;
  }

  private static Partition partition(int number, UUID type, ByteReader entry)
      throws MalformedException {
    UUID guid = Guid.of(entry.bytes(Guid.LENGTH, "GUID"));
    long first = entry.u64("first block");
    long last = entry.u64("last block");
    entry.u64("attributes"); // firmware's and distributions' hints; a new disk has none
    return new Partition(number, type, guid, first, last, label(entry));
  }

  private static String label(ByteReader entry) throws MalformedException {
    byte[] bytes = entry.bytes(2L * PartitionTable.LABEL_UNITS, "label");
    try {
      String padded =
          StandardCharsets.UTF_16LE.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      int end = padded.indexOf('\0') < 0 ? padded.length() : padded.indexOf('\0');
      if (padded.chars().skip(end).anyMatch(unit -> unit != 0)) {
        throw entry.malformed("nothing after the end of the label", "more text");
      }
      return padded.substring(0, end);
    } catch (CharacterCodingException e) {
      throw entry.malformed("a label in UTF-16", "an unpaired surrogate");
    }
  }

  private static void unused(ByteReader entry) throws MalformedException {
    for (byte one : entry.rest()) {
      if (one != 0) {
        throw entry.malformed("zeros in an unused entry", "other bytes");
      }
    }
  }

  private static void disjoint(List<Partition> partitions) throws MalformedException {
    List<Partition> sorted = new ArrayList<>(partitions);
    sorted.sort(Comparator.comparingLong(Partition::firstBlock));
    for (int i = 1; i < sorted.size(); i++) {
      Partition before = sorted.get(i - 1);
      Partition after = sorted.get(i);
      if (after.firstBlock() <= before.lastBlock()) {
        throw bad(
            "GPT entries",
            (after.number() - 1L) * ENTRY,
            "partition " + after.number() + " to begin after block " + before.lastBlock(),
            "block " + after.firstBlock());
      }
    }
  }

  private static void same(ByteReader in, Object expected, Object found) throws MalformedException {
    if (!expected.equals(found)) {
      throw in.malformed(expected.toString(), found.toString());
    }
  }

  private static MalformedException bad(
      String structure, long offset, String expected, String found) {
    return new MalformedException(structure, offset, expected, found);
  }
}
