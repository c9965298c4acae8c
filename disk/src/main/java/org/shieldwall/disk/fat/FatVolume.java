package org.shieldwall.disk.fat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A FAT16 volume with files in its root directory (Microsoft FAT specification, 2005, sections 3 to
 * 7), made in one pass from files in memory. The same files, label and serial number give the same
 * bytes.
 */
public final class FatVolume {
  /** Takes the volume's bytes from the first on, each time whole sectors of 512 bytes. */
  @FunctionalInterface
  public interface Sink {
    /** Bytes are valid until this returns. */
    void accept(byte[] bytes, int length) throws IOException;
  }

  private static final int COPIES = 2;
  private static final int RESERVED = 1;

  private final String label;
  private final int serial;
  private final SortedMap<String, byte[]> files;
  private final FatGeometry geometry;
  private final List<byte[]> directory;

  private FatVolume(
      String label,
      int serial,
      SortedMap<String, byte[]> files,
      FatGeometry geometry,
      List<byte[]> directory) {
    this.label = label;
    this.serial = serial;
    this.files = files;
    this.geometry = geometry;
    this.directory = directory;
  }

  /**
   * Plans a volume just large enough.
   *
   * @param label at most 11 upper-case letters and digits
   * @param serial the volume's serial number
   * @param files content by name; not copied, cleared by the caller
   * @throws FatNameException if a name cannot stand in a FAT directory
   * @throws IllegalArgumentException if the files are larger than 1 GiB together
   */
  public static FatVolume of(String label, int serial, SortedMap<String, byte[]> files)
      throws FatNameException {
    if (!label.matches("[A-Z0-9]{1,11}")) {
      throw new IllegalArgumentException("a FAT label has 1 to 11 upper-case letters and digits");
    }
    FatName.requireDistinct(files.keySet());
    List<byte[]> directory = new ArrayList<>();
    directory.add(FatName.volumeLabel(label));
    for (String name : files.keySet()) {
      directory.addAll(FatName.entries(name, directory.size()));
    }
    List<Integer> lengths = files.values().stream().map(content -> content.length).toList();
    FatGeometry geometry = FatGeometry.smallest(RESERVED, COPIES, directory.size(), lengths);
    return new FatVolume(label, serial, new TreeMap<>(files), geometry, directory);
  }

  /** {@return the volume's length in bytes; a multiple of 1 MiB} */
  public long length() {
    return geometry.sectors() * (long) FatGeometry.SECTOR;
  }

  /**
   * Hands on the volume up to the end of the last file. What follows is free space, whose content
   * is of no account.
   */
  public void writeTo(Sink sink) throws IOException {
    byte[] tables = tables();
    sink.accept(bootSector(), FatGeometry.SECTOR);
    for (int copy = 0; copy < COPIES; copy++) {
      sink.accept(tables, tables.length);
    }
    byte[] root = rootDirectory();
    sink.accept(root, root.length);
    byte[] piece = new byte[geometry.clusterBytes()];
    for (byte[] content : files.values()) {
      for (int at = 0; at < content.length; at += piece.length) {
        int length = Math.min(piece.length, content.length - at);
        System.arraycopy(content, at, piece, 0, length);
        Arrays.fill(piece, length, piece.length, (byte) 0);
        sink.accept(piece, piece.length);
      }
    }
    Arrays.fill(piece, (byte) 0);
  }

  private byte[] bootSector() {
    ByteBuffer out = ByteBuffer.allocate(FatGeometry.SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    out.put(new byte[] {(byte) 0xEB, 0x3C, (byte) 0x90}).put(ascii("SHIELDWL"));
    out.putShort((short) FatGeometry.SECTOR).put((byte) geometry.sectorsPerCluster());
    out.putShort((short) RESERVED).put((byte) COPIES);
    out.putShort((short) geometry.rootEntries());
    boolean small = geometry.sectors() < 0x1_0000;
    out.putShort((short) (small ? geometry.sectors() : 0)).put((byte) 0xF8);
    out.putShort((short) geometry.tableSectors());
    out.putShort((short) 32).putShort((short) 64).putInt(0); // CHS, which nobody uses
    out.putInt(small ? 0 : geometry.sectors());
    out.put((byte) 0x80).put((byte) 0).put((byte) 0x29).putInt(serial);
    out.put(Arrays.copyOf(FatName.volumeLabel(label), 11)).put(ascii("FAT16   "));
    return out.putShort(510, (short) 0xAA55).array();
  }

  private byte[] tables() {
    ByteBuffer out =
        ByteBuffer.allocate(geometry.tableSectors() * FatGeometry.SECTOR)
            .order(ByteOrder.LITTLE_ENDIAN);
    out.putShort((short) 0xFFF8).putShort((short) 0xFFFF);
    int next = FatGeometry.FIRST_CLUSTER;
    for (byte[] content : files.values()) {
      int clusters = geometry.clustersOf(content.length);
      for (int i = 1; i <= clusters; i++) {
        next++;
        out.putShort((short) (i == clusters ? 0xFFFF : next));
      }
    }
    return out.array();
  }

  /** Puts first cluster and size into each file's last directory entry, the short one. */
  private byte[] rootDirectory() {
    ByteBuffer out =
        ByteBuffer.allocate(geometry.rootEntries() * FatName.ENTRY).order(ByteOrder.LITTLE_ENDIAN);
    directory.forEach(out::put);
    int entry = 1;
    int next = FatGeometry.FIRST_CLUSTER;
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      entry += FatName.slots(file.getKey());
      int clusters = geometry.clustersOf(file.getValue().length);
      int at = (entry - 1) * FatName.ENTRY;
      out.putShort(at + 26, (short) (clusters == 0 ? 0 : next));
      out.putInt(at + 28, file.getValue().length);
      next += clusters;
    }
    return out.array();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
