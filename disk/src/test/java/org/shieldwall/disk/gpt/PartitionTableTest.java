package org.shieldwall.disk.gpt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.shieldwall.disk.MemoryChannel;
import org.shieldwall.disk.Program;
import org.shieldwall.tpm.MalformedException;

class PartitionTableTest {
  private static final int SIZE = 8 << 20;
  private static final int ENTRY_1 = 2 * 512;
  private static final int ENTRY_2 = ENTRY_1 + 128;
  private static final int BACKUP = SIZE - 512;
  private static final UUID DISK = UUID.fromString("11111111-2222-4333-8444-555555555555");
  private static final UUID ESP = UUID.fromString("a1b2c3d4-e5f6-4789-8abc-def012345678");
  private static final UUID ROOT = UUID.fromString("0fedcba9-8765-4321-9fed-cba987654321");

  private static PartitionTable table() {
    return PartitionTable.plan(
        DISK,
        SIZE,
        List.of(
            new PlannedPartition(1, PartitionType.EFI_SYSTEM, ESP, 1_500_000, "esp"),
            new PlannedPartition(2, PartitionType.ROOT_X86_64, ROOT, 4 << 20, "rööt")));
  }

  private static byte[] disk() throws Exception {
    MemoryChannel channel = new MemoryChannel(SIZE);
    table().write(channel);
    return channel.bytes();
  }

  @Test
  void givenATableWhenWrittenAndReadThenItIsTheSame() throws Exception {
    PartitionTable read = PartitionTable.read(new MemoryChannel(disk()));

    assertThat(read).isEqualTo(table());
    assertThat(read.partitions().get(0).offset()).isEqualTo(1 << 20);
    assertThat(read.partitions().get(0).length()).isEqualTo(1_500_160);
    assertThat(read.partitions().get(1).offset()).isEqualTo(3 << 20);
    assertThat(read.partitions().get(1).label()).isEqualTo("rööt");
  }

  @Test
  void givenTheSameGuidsWhenWrittenTwiceThenTheBytesAreTheSame() throws Exception {
    assertThat(disk()).isEqualTo(disk());
  }

  @Test
  void givenOurTableWhenStockToolsReadItThenTheyFindNoFault(@TempDir Path folder) throws Exception {
    String sgdisk = Program.require("sgdisk", "gdisk");
    Path image = Files.write(folder.resolve("disk.raw"), disk());

    String verdict = Program.succeed(sgdisk, "--verify", image.toString());
    String second = Program.succeed(sgdisk, "--info=2", image.toString());

    assertThat(verdict).contains("No problems found");
    assertThat(second)
        .contains("4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709")
        .contains("Partition unique GUID: " + ROOT.toString().toUpperCase(Locale.ROOT))
        .contains("First sector: 6144");
  }

  @Test
  void givenATableOfSfdiskWhenReadThenItsPartitionsAreFound(@TempDir Path folder) throws Exception {
    String sfdisk = Program.require("sfdisk", "fdisk");
    Path image = Files.write(folder.resolve("disk.raw"), new byte[SIZE]);
    Path script =
        Files.writeString(
            folder.resolve("script"),
            """
            label: gpt
            start=2048, size=4096, type=%s, name="esp"
            type=%s, name="root"
            """
                .formatted(PartitionType.EFI_SYSTEM, PartitionType.ROOT_X86_64));

    Program.succeed("/bin/sh", "-c", sfdisk + " -q " + image + " < " + script);
    List<Partition> read;
    try (var channel = Files.newByteChannel(image)) {
      read = PartitionTable.read(channel).partitions();
    }

    assertThat(read).extracting(Partition::label).containsExactly("esp", "root");
    assertThat(read)
        .extracting(Partition::type)
        .containsExactly(PartitionType.EFI_SYSTEM, PartitionType.ROOT_X86_64);
    assertThat(read.get(0).length()).isEqualTo(2 << 20);
  }

  static List<Arguments> damage() {
    return List.of(
        bad("no MBR signature", "protective MBR", b -> b[510] = 0),
        bad("no protective entry", "protective MBR", b -> b[450] = (byte) 0x83),
        bad("hybrid MBR", "protective MBR", b -> b[446 + 16 + 4] = (byte) 0x83),
        bad("no signature", "GPT primary header", b -> b[512] = 'e'),
        bad("another revision", "GPT primary header", b -> repaired(b, x -> x.putInt(512 + 8, 2))),
        bad("wrong CRC", "GPT primary header", b -> b[512 + 16]++),
        bad("wrong CRC of the backup", "GPT backup header", b -> b[BACKUP + 16]++),
        bad("bit flipped under the CRC", "GPT primary header", b -> b[512 + 40]++),
        bad("bytes after the header", "GPT primary header", b -> b[512 + 200] = 1),
        bad("no backup", "GPT backup header", b -> Arrays.fill(b, BACKUP, SIZE, (byte) 0)),
        bad("2^32-1 entries", "GPT primary header", b -> repaired(b, x -> x.putInt(512 + 80, -1))),
        bad("no entries", "GPT primary header", b -> repaired(b, x -> x.putInt(512 + 80, 0))),
        bad("entry size 64", "GPT primary header", b -> repaired(b, x -> x.putInt(512 + 84, 64))),
        bad(
            "other disk GUID in one",
            "GPT backup header",
            b -> repaired(b, x -> x.put(570, (byte) 9))),
        bad("usable past the end", "GPT primary header", both(48, SIZE / 512)),
        bad("usable with top bit", "GPT primary header", both(48, Long.MIN_VALUE)),
        bad("usable over the table", "GPT primary header", both(40, 3)),
        bad("entry changed", "GPT primary entries", b -> b[ENTRY_1 + 32]++),
        bad("entry of the backup changed", "GPT backup entries", b -> b[SIZE - 33 * 512 + 32]++),
        bad("two with one GUID", "entry 2", entries(x -> x.put(ENTRY_2 + 16, Guid.bytes(ESP)))),
        bad("no GUID", "entry 2", entries(x -> x.put(ENTRY_2 + 16, new byte[16]))),
        bad("overlap", "GPT entries", entries(x -> x.putLong(ENTRY_2 + 32, 2050))),
        bad("ends before it begins", "entry 2", entries(x -> x.putLong(ENTRY_2 + 40, 6143))),
        bad("past the end", "entry 2", entries(x -> x.putLong(ENTRY_2 + 40, SIZE / 512))),
        bad("negative block", "entry 2", entries(x -> x.putLong(ENTRY_2 + 32, -1))),
        bad("over the table", "entry 1", entries(x -> x.putLong(ENTRY_1 + 32, 1))),
        bad("half a surrogate", "entry 2", entries(x -> x.putShort(ENTRY_2 + 56, (short) 0xD800))),
        bad("text after the label", "entry 2", entries(x -> x.putShort(ENTRY_2 + 126, (short) 65))),
        bad("bytes in an unused entry", "entry 3", entries(x -> x.putLong(ENTRY_2 + 128 + 40, 7))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damage")
  void givenADamagedTableWhenReadThenItIsRefusedByName(
      String name, String where, Consumer<byte[]> damage) throws Exception {
    byte[] bytes = disk();
    damage.accept(bytes);

    assertThatExceptionOfType(MalformedException.class)
        .as(name)
        .isThrownBy(() -> PartitionTable.read(new MemoryChannel(bytes)))
        .satisfies(refusal -> assertThat(refusal.structure()).contains(where));
  }

  @Test
  void givenADiskCutShortWhenReadThenItIsRefused() throws Exception {
    byte[] bytes = disk();
    for (int length : new int[] {0, 511, 512, 1024, 34 * 512, SIZE - 512, SIZE - 1}) {
      MemoryChannel cut = new MemoryChannel(Arrays.copyOf(bytes, length));
      assertThatExceptionOfType(MalformedException.class)
          .as("%d bytes", length)
          .isThrownBy(() -> PartitionTable.read(cut));
    }
  }

  @Test
  void givenRandomDamageWhenReadThenItIsTheSameTableOrANamedRefusal() throws Exception {
    byte[] whole = disk();
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int[] places = {0, 512, 1024, SIZE - 33 * 512, BACKUP};
    for (int i = 0; i < 1000; i++) {
      byte[] bytes = whole.clone();
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        bytes[places[random.nextInt(places.length)] + random.nextInt(512)] ^=
            (byte) (1 << random.nextInt(8));
      }
      if (random.nextBoolean()) {
        seal(bytes);
      }
      try {
        PartitionTable read = PartitionTable.read(new MemoryChannel(bytes));
        for (Partition one : read.partitions()) {
          assertThat(one.offset()).as("seed %d", seed).isPositive();
          assertThat(one.offset() + one.length()).as("seed %d", seed).isLessThan(SIZE);
        }
      } catch (MalformedException refused) {
        assertThat(refused.getMessage()).startsWith("malformed ");
      }
    }
  }

  @Test
  void givenAnyLayoutWhenWrittenAndReadThenItIsTheSame() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      List<PlannedPartition> planned = new ArrayList<>();
      List<Long> lengths = new ArrayList<>();
      for (int number = 1 + random.nextInt(3); number <= 128; number += 1 + random.nextInt(60)) {
        long length = 1L + random.nextInt(3 << 20);
        UUID guid = new UUID(random.nextLong(), number);
        String label = "é".repeat(random.nextInt(37));
        planned.add(new PlannedPartition(number, PartitionType.LINUX_GENERIC, guid, length, label));
        lengths.add(length);
      }
      long bytes = PartitionTable.smallestDisk(lengths);
      PartitionTable table = PartitionTable.plan(DISK, bytes, planned);
      MemoryChannel channel = new MemoryChannel((int) bytes);
      table.write(channel);

      assertThat(PartitionTable.read(channel)).as("seed %d", seed).isEqualTo(table);
    }
  }

  @Test
  void givenPartitionsThatDoNotFitWhenPlannedThenItIsRefused() {
    PlannedPartition one = new PlannedPartition(1, PartitionType.LINUX_GENERIC, ESP, SIZE, "a");
    PlannedPartition twin = new PlannedPartition(2, PartitionType.LINUX_GENERIC, ESP, 1, "b");
    PlannedPartition named =
        new PlannedPartition(1, PartitionType.LINUX_GENERIC, ESP, 1, "x".repeat(37));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> PartitionTable.plan(DISK, SIZE, List.of(one)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PartitionTable.plan(DISK, 3L * SIZE, List.of(one, twin)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PartitionTable.plan(DISK, SIZE, List.of(named)));
  }

  @Test
  void givenLengthsWhenTheSmallestDiskIsAskedForThenTheyFitIt() {
    List<Long> lengths = List.of(1L, 1L << 20, (1L << 20) + 1);
    long smallest = PartitionTable.smallestDisk(lengths);

    PartitionTable table =
        PartitionTable.plan(
            DISK,
            smallest,
            List.of(
                new PlannedPartition(1, PartitionType.LINUX_GENERIC, DISK, lengths.get(0), ""),
                new PlannedPartition(2, PartitionType.LINUX_GENERIC, ESP, lengths.get(1), ""),
                new PlannedPartition(3, PartitionType.LINUX_GENERIC, ROOT, lengths.get(2), "")));

    assertThat(table.partitions()).hasSize(3);
    assertThat(smallest).isEqualTo(6L << 20);
  }

  private static Arguments bad(String name, String where, Consumer<byte[]> damage) {
    return Arguments.of(name, where, damage);
  }

  /** Changes the primary only, and makes its CRCs fit again. */
  private static void repaired(byte[] bytes, Consumer<ByteBuffer> change) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    change.accept(buffer);
    buffer.putInt(512 + 16, 0).putInt(512 + 16, crc(bytes, 512, 92));
  }

  /** Changes one number in both headers, as an attacker who makes all CRCs fit would. */
  private static Consumer<byte[]> both(int field, long value) {
    return bytes -> {
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      buffer.putLong(512 + field, value).putLong(BACKUP + field, value);
      seal(bytes);
    };
  }

  /** Changes the entries of both copies and makes all CRCs fit. */
  private static Consumer<byte[]> entries(Consumer<ByteBuffer> change) {
    return bytes -> {
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      change.accept(buffer);
      seal(bytes);
    };
  }

  private static void seal(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    System.arraycopy(bytes, 1024, bytes, SIZE - 33 * 512, 128 * 128);
    for (int header : new int[] {512, BACKUP}) {
      buffer.putInt(header + 88, crc(bytes, 1024, 128 * 128)).putInt(header + 16, 0);
      buffer.putInt(header + 16, crc(bytes, header, 92));
    }
  }

  private static int crc(byte[] bytes, int offset, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }
}
