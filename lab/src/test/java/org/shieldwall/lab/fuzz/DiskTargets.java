package org.shieldwall.lab.fuzz;

import static org.shieldwall.lab.fuzz.FuzzTarget.require;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.gpt.PartitionType;
import org.shieldwall.disk.gpt.PlannedPartition;
import org.shieldwall.disk.luks.Luks2Header;
import org.shieldwall.disk.luks.Luks2Writer;
import org.shieldwall.disk.luks.VolumeFormat;
import org.shieldwall.disk.uefi.SecureBootPolicy;
import org.shieldwall.disk.uefi.SignatureDatabase;
import org.shieldwall.disk.uefi.UefiVariableStore;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/** What lies on a disk or in a machine's flash, which whoever owns the storage may have written. */
final class DiskTargets {
  private static final int HALF = 16 << 10;
  private static final int METADATA = 4096;
  private static final int CHECKSUM = 448;
  private static final int DISK = 2 << 20;
  private static final int BLOCK = 512;

  private static final byte[] LUKS2 = luks2();
  private static final byte[] GPT = partitions();

  private DiskTargets() {}

  static List<FuzzTarget> all() {
    return List.of(
        FuzzTarget.of(
            "luks2-header", () -> List.of(LUKS2), Luks2Header::parse, MalformedException.class),
        // Past the checksum, where only an input that carries the right one gets.
        FuzzTarget.of(
            "luks2-metadata",
            () -> List.of(metadata()),
            input -> Luks2Header.parse(withMetadata(input)).tokens(),
            MalformedException.class),
        FuzzTarget.of(
            "gpt",
            () -> List.of(Arrays.copyOf(GPT, 34 * BLOCK)),
            input -> table(onDisk(input)),
            MalformedException.class),
        // The same past the checksums of header and entries.
        FuzzTarget.of(
            "gpt-summed",
            () -> List.of(Arrays.copyOfRange(GPT, BLOCK, 34 * BLOCK)),
            input -> table(summed(input)),
            MalformedException.class),
        FuzzTarget.of(
            "uefi-signatures",
            () -> List.of(policy().allowed().encoded().toArray()),
            input ->
                require(
                    SignatureDatabase.parse(Bytes.of(input)).encoded().equals(Bytes.of(input)),
                    "signatures are printed as they were read"),
            MalformedException.class),
        FuzzTarget.of(
            "uefi-variables",
            DiskTargets::variables,
            input -> {
              UefiVariableStore read = UefiVariableStore.parse(flash(input));
              require(
                  UefiVariableStore.parse(read.toBytes()).variables().equals(read.variables()),
                  "variables read as printed");
            },
            MalformedException.class));
  }

  private static SecureBootPolicy policy() {
    return SecureBootPolicy.of(List.of(Bytes.of(HealthSeeds.certificate())), List.of());
  }

  private static byte[] luks2() {
    try (DiskInMemory disk = new DiskInMemory(new byte[17 << 20])) {
      byte[] key = new byte[64];
      String token = "{\"type\":\"example\",\"keyslots\":[\"0\"]}";
      VolumeFormat format = new VolumeFormat(new UUID(1, 2), "root", 4096, token);
      try (Luks2Writer writer = new Luks2Writer(disk, 0, 17 << 20, format, key)) {
        writer.finish("secret".getBytes(StandardCharsets.UTF_8), key, new SecureRandom());
      }
      return Arrays.copyOf(disk.bytes(), 2 * HALF);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] metadata() {
    int end = METADATA;
    while (LUKS2[end] != 0) {
      end++;
    }
    return Arrays.copyOfRange(LUKS2, METADATA, end);
  }

  /** Both copies of a header, with this metadata and checksums that fit. */
  private static byte[] withMetadata(byte[] metadata) {
    byte[] both = LUKS2.clone();
    for (int half = 0; half < both.length; half += HALF) {
      Arrays.fill(both, half + METADATA, half + HALF, (byte) 0);
      int length = Math.min(metadata.length, HALF - METADATA);
      System.arraycopy(metadata, 0, both, half + METADATA, length);
      Arrays.fill(both, half + CHECKSUM, half + CHECKSUM + 64, (byte) 0);
      Bytes sum = TpmHash.SHA256.hash(Bytes.of(Arrays.copyOfRange(both, half, half + HALF)));
      System.arraycopy(sum.toArray(), 0, both, half + CHECKSUM, sum.length());
    }
    return both;
  }

  private static byte[] partitions() {
    try (DiskInMemory disk = new DiskInMemory(new byte[4 << 20])) {
      PartitionTable.plan(
              new UUID(5, 6),
              4 << 20,
              List.of(
                  new PlannedPartition(1, PartitionType.EFI_SYSTEM, new UUID(7, 8), 1 << 20, "esp"),
                  new PlannedPartition(
                      2, PartitionType.LINUX_GENERIC, new UUID(9, 10), 1 << 20, "root")))
          .write(disk);
      return disk.bytes().clone();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void table(byte[] disk) throws IOException, MalformedException {
    try (DiskInMemory channel = new DiskInMemory(disk)) {
      PartitionTable read = PartitionTable.read(channel);
      byte[] copy = disk.clone();
      try (DiskInMemory other = new DiskInMemory(copy)) {
        read.write(other);
        require(
            PartitionTable.read(new DiskInMemory(copy)).equals(read), "a table reads as written");
      }
    }
  }

  /** The beginning of a disk, before a genuine rest of it. */
  private static byte[] onDisk(byte[] begin) {
    byte[] disk = GPT.clone();
    System.arraycopy(begin, 0, disk, 0, Math.min(begin.length, DISK));
    return disk;
  }

  /** A header and entries, given checksums that fit and put at both ends of a disk. */
  private static byte[] summed(byte[] input) {
    byte[] disk = GPT.clone();
    int last = disk.length / BLOCK - 1;
    byte[] header = Arrays.copyOf(input, BLOCK);
    byte[] entries = Arrays.copyOfRange(Arrays.copyOf(input, 33 * BLOCK), BLOCK, 33 * BLOCK);
    System.arraycopy(entries, 0, disk, 2 * BLOCK, entries.length);
    System.arraycopy(entries, 0, disk, (last - 32) * BLOCK, entries.length);
    put(disk, header, crc(entries, entries.length), 1, last, 2);
    put(disk, header, crc(entries, entries.length), last, 1, last - 32);
    return disk;
  }

  /** Offsets in a header: UEFI 2.10, section 5.3.2. */
  private static void put(
      byte[] disk, byte[] header, int entriesSum, int here, int other, int entries) {
    ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    fields.putLong(24, here).putLong(32, other).putLong(72, entries).putInt(88, entriesSum);
    fields.putInt(16, 0).putInt(16, crc(header, 92));
    System.arraycopy(header, 0, disk, here * BLOCK, BLOCK);
  }

  private static int crc(byte[] bytes, int length) {
    CRC32 sum = new CRC32();
    sum.update(bytes, 0, length);
    return (int) sum.getValue();
  }

  /** The beginning of a flash image with Secure Boot's variables: those and its headers. */
  private static List<byte[]> variables() {
    try {
      byte[] empty = Files.readAllBytes(Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd"));
      byte[] enrolled =
          policy()
              .enrolInto(UefiVariableStore.parse(empty), LocalDateTime.of(2026, 1, 1, 0, 0))
              .toBytes();
      return List.of(Arrays.copyOf(enrolled, 8 << 10));
    } catch (IOException | MalformedException e) {
      throw new IllegalStateException("install the package ovmf", e);
    } catch (org.shieldwall.disk.uefi.VariableStoreFullException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] flash(byte[] begin) {
    try {
      byte[] image = Files.readAllBytes(Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd"));
      System.arraycopy(begin, 0, image, 0, Math.min(begin.length, image.length));
      return image;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
