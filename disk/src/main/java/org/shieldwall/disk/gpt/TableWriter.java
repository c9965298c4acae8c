package org.shieldwall.disk.gpt;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.shieldwall.disk.io.ExactChannel;

/** Writes a table's bytes (UEFI 2.10, sections 5.2.3, 5.3.2 and 5.3.3). */
final class TableWriter {
  private static final int HEADER_SIZE = 92;
  private static final int ENTRY = 128;
  private static final int ENTRIES = 128;

  private TableWriter() {}

  static void write(PartitionTable table, SeekableByteChannel channel) throws IOException {
    byte[] entries = entries(table);
    long last = table.blocks() - 1;
    long backupEntries = last - PartitionTable.TABLE_BLOCKS;
    at(channel, 0, protectiveMbr(table.blocks()));
    at(channel, 1, header(table, entries, 1, last, 2));
    at(channel, 2, entries);
    at(channel, backupEntries, entries);
    at(channel, last, header(table, entries, last, 1, backupEntries));
  }

  private static void at(SeekableByteChannel channel, long block, byte[] bytes) throws IOException {
    ExactChannel.write(channel, block * PartitionTable.BLOCK, bytes);
  }

  private static byte[] protectiveMbr(long blocks) {
    ByteBuffer out =
        ByteBuffer.allocate(PartitionTable.BLOCK).order(ByteOrder.LITTLE_ENDIAN).position(446);
    out.put((byte) 0).put(new byte[] {0, 2, 0}); // not bootable; CHS of block 1
    out.put((byte) 0xEE).put(new byte[] {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF});
    out.putInt(1).putInt((int) Math.min(blocks - 1, 0xFFFF_FFFFL));
    return out.putShort(510, (short) 0xAA55).array();
  }

  private static byte[] entries(PartitionTable table) {
    ByteBuffer out = ByteBuffer.allocate(ENTRY * ENTRIES).order(ByteOrder.LITTLE_ENDIAN);
    for (Partition one : table.partitions()) {
      out.position((one.number() - 1) * ENTRY);
      out.put(Guid.bytes(one.type())).put(Guid.bytes(one.guid()));
      out.putLong(one.firstBlock()).putLong(one.lastBlock()).putLong(0);
      out.put(one.label().getBytes(StandardCharsets.UTF_16LE));
    }
    return out.array();
  }

  private static byte[] header(
      PartitionTable table, byte[] entries, long self, long other, long entriesAt) {
    ByteBuffer out = ByteBuffer.allocate(PartitionTable.BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    out.put("EFI PART".getBytes(StandardCharsets.US_ASCII));
    out.putInt(0x0001_0000).putInt(HEADER_SIZE).putInt(0).putInt(0);
    out.putLong(self).putLong(other);
    out.putLong(table.firstUsable()).putLong(table.lastUsable());
    out.put(Guid.bytes(table.disk()));
    out.putLong(entriesAt).putInt(ENTRIES).putInt(ENTRY).putInt(crc(entries, entries.length));
    return out.putInt(16, crc(out.array(), HEADER_SIZE)).array();
  }

  static int crc(byte[] bytes, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
