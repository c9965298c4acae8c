package org.shieldwall.disk;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.shieldwall.disk.catalog.TemplateImage.ESP;
import static org.shieldwall.disk.catalog.TemplateImage.ESP_LENGTH;
import static org.shieldwall.disk.catalog.TemplateImage.ROOT;
import static org.shieldwall.disk.catalog.TemplateImage.ROOT_LENGTH;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.disk.catalog.CatalogHasher;
import org.shieldwall.disk.catalog.TemplateImage;
import org.shieldwall.disk.gpt.Partition;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.gpt.PartitionType;
import org.shieldwall.disk.gpt.PlannedPartition;
import org.shieldwall.disk.luks.Luks2Header;
import org.shieldwall.disk.luks.Luks2Opener;
import org.shieldwall.disk.seal.KeySealer;
import org.shieldwall.disk.seal.StockCryptsetup;
import org.shieldwall.disk.seal.VolumeKeySealer;
import org.shieldwall.disk.seal.Vtpm;
import org.shieldwall.protector.SeedFile;
import org.shieldwall.protector.VolumeSignatureCatalog;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;

class DiskProvisionerTest {
  private static final byte[] IMAGE = TemplateImage.bytes();
  private static final VolumeSignatureCatalog CATALOG = catalog(IMAGE);
  private static final String OWNERS_SECRET = "the owner's words, on the encrypted disk alone";
  private static final SecureRandom RANDOM = new SecureRandom();

  @TempDir Path folder;
  private final List<byte[]> sealed = new ArrayList<>();

  /** Stands in for a vTPM where a test is not about it; keeps what it was given. */
  private final KeySealer sealer =
      secret -> {
        sealed.add(secret.clone());
        return "{\"type\":\"example\",\"keyslots\":[\"0\"]}";
      };

  private static VolumeSignatureCatalog catalog(byte[] image) {
    try {
      return TestCatalog.of(CatalogHasher.hash(new MemoryChannel(image), Progress.SILENT));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static List<SeedFile> seed() {
    return List.of(
        seedFile("meta-data", "instance-id: one\n"), seedFile("user-data", OWNERS_SECRET));
  }

  private static SeedFile seedFile(String name, String text) {
    return new SeedFile(name, SecretBytes.takeFrom(SecretArena.plain(), text.getBytes(UTF_8)));
  }

  private DiskOrder order(MemoryChannel template, long diskBytes) {
    return new DiskOrder(template, CATALOG, folder, diskBytes, seed());
  }

  private ProvisionedDisk provision(DiskOrder order) throws Exception {
    return new DiskProvisioner(RANDOM).provision(order, sealer, Progress.SILENT);
  }

  private void refused(DiskOrder order, DiskProblem problem, String detail) throws Exception {
    assertThatExceptionOfType(DiskRefusedException.class)
        .isThrownBy(() -> provision(order))
        .withMessageContaining(detail)
        .satisfies(refused -> assertThat(refused.problem()).isEqualTo(problem));
    try (Stream<Path> left = Files.list(order.folder())) {
      assertThat(left.map(Path::getFileName).map(Path::toString).filter(n -> n.contains(".img")))
          .as("nothing is left")
          .isEmpty();
    }
  }

  private byte[] passphrase(int volume) {
    return Base64.getEncoder().encode(sealed.get(volume));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, (64 << 20) + 1})
  void givenASignedTemplateWhenProvisionedThenTheDiskIsTheTemplateEncrypted(long bytes)
      throws Exception {
    List<Long> progress = new ArrayList<>();
    ProvisionedDisk made =
        new DiskProvisioner(RANDOM)
            .provision(
                order(new MemoryChannel(IMAGE), bytes),
                sealer,
                (done, total) -> progress.add(total - done));

    assertThat(Files.size(made.disk()))
        .isEqualTo(made.diskBytes())
        .isEqualTo(bytes == 0 ? 25L << 20 : 65L << 20);
    try (FileChannel disk = FileChannel.open(made.disk())) {
      PartitionTable table = PartitionTable.read(disk);
      Partition esp = table.partitions().get(0);
      Partition root = table.partitions().get(1);
      assertThat(bytes(disk, esp.offset(), ESP_LENGTH))
          .isEqualTo(Arrays.copyOfRange(IMAGE, ESP, ESP + ESP_LENGTH));
      assertThat(esp.type()).isEqualTo(PartitionType.EFI_SYSTEM);
      assertThat(root.type()).isEqualTo(PartitionType.ROOT_X86_64);
      assertThat(root.offset() + root.length()).isEqualTo(made.diskBytes() - (1 << 20));
      Luks2Header header = Luks2Header.read(disk, root.offset());
      assertThat(header.label()).isEqualTo("root");
      assertThat(header.uuid()).isEqualTo(made.rootVolume().toString());
      byte[] key = Luks2Opener.volumeKey(disk, root.offset(), 0, passphrase(0));
      assertThat(Luks2Opener.read(disk, root.offset(), key, 0, ROOT_LENGTH))
          .isEqualTo(Arrays.copyOfRange(IMAGE, ROOT, ROOT + ROOT_LENGTH));
    }
    assertThat(progress).hasSize(7).last().isEqualTo(0L);
    assertThat(Files.getPosixFilePermissions(made.disk()))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void givenTheOwnersFilesWhenProvisionedThenTheSeedIsTheirsAndCiphertext() throws Exception {
    String mcopy = Program.require("mcopy", "mtools");
    ProvisionedDisk made = provision(order(new MemoryChannel(IMAGE), 0));

    byte[] image = Files.readAllBytes(made.seed());
    assertThat(new String(image, US_ASCII)).doesNotContain("owner's words").contains("seed");
    assertThat(new String(Files.readAllBytes(made.disk()), US_ASCII))
        .doesNotContain("owner's words");
    try (FileChannel seed = FileChannel.open(made.seed())) {
      assertThat(Luks2Header.read(seed, 0).label()).isEqualTo("seed");
      byte[] key = Luks2Opener.volumeKey(seed, 0, 0, passphrase(1));
      byte[] fat = Luks2Opener.read(seed, 0, key, 0, image.length - (16 << 20));
      Path plain = Files.write(folder.resolve("plain"), fat);
      assertThat(Program.succeed(mcopy, "-i", plain.toString(), "::user-data", "-"))
          .isEqualTo(OWNERS_SECRET);
    }
  }

  @Test
  void givenTwoMachinesOfOneTemplateWhenProvisionedThenTheyShareNoKeyAndNoName() throws Exception {
    ProvisionedDisk first = provision(order(new MemoryChannel(IMAGE), 0));
    Path other = Files.createDirectory(folder.resolve("other"));
    ProvisionedDisk second =
        provision(new DiskOrder(new MemoryChannel(IMAGE), CATALOG, other, 0, seed()));

    assertThat(sealed).hasSize(4).doesNotHaveDuplicates();
    assertThat(List.of(first.rootVolume(), first.seedVolume(), second.rootVolume()))
        .doesNotHaveDuplicates();
    try (FileChannel one = FileChannel.open(first.disk());
        FileChannel two = FileChannel.open(second.disk())) {
      assertThat(PartitionTable.read(one).disk()).isNotEqualTo(PartitionTable.read(two).disk());
      byte[] left = bytes(one, 20 << 20, 1 << 20);
      assertThat(left).isNotEqualTo(bytes(two, 20 << 20, 1 << 20));
    }
  }

  /** The whole way: a real vTPM, the boot it was sealed for, Debian's own libraries. */
  @Test
  void givenARealVtpmWhenTheMachineBootsAsForeseenThenStockCodeOpensBothVolumes() throws Throwable {
    Bytes event = TpmHash.SHA256.hash(Bytes.ofText("Secure Boot is on"));
    Bytes foreseen = TpmHash.SHA256.extend(Bytes.zeros(32), event);
    try (Vtpm vtpm = Vtpm.start()) {
      ProvisionedDisk made;
      try (Tpm tpm = vtpm.connect()) {
        made =
            new DiskProvisioner(RANDOM)
                .provision(
                    order(new MemoryChannel(IMAGE), 0),
                    new VolumeKeySealer(tpm, foreseen),
                    Progress.SILENT);
      }
      Path root = folder.resolve("root-partition");
      try (FileChannel disk = FileChannel.open(made.disk())) {
        Partition place = PartitionTable.read(disk).partitions().get(1);
        Files.write(root, bytes(disk, place.offset(), (int) place.length()));
      }

      requireTheGuestsOwnJudgement(root);
      requireTheGuestsOwnJudgement(made.seed());
      vtpm.boot(TpmHash.SHA256.hash(Bytes.ofText("Secure Boot is off")));
      assertThat(StockCryptsetup.openByToken(root, vtpm.tcti()))
          .isEqualTo(StockCryptsetup.POLICY_DIFFERS);
      vtpm.boot(event);
      assertThat(StockCryptsetup.openByToken(root, vtpm.tcti())).isZero();
      vtpm.boot(event);
      assertThat(StockCryptsetup.openByToken(made.seed(), vtpm.tcti())).isZero();
    }
  }

  /** The demonstration guest judges a header before it lets cryptsetup use it. */
  private void requireTheGuestsOwnJudgement(Path volume) throws Exception {
    String cryptsetup = Program.require("cryptsetup", "cryptsetup-bin");
    String awk = Program.require("awk", "mawk");
    Path judge = Path.of(System.getProperty("shieldwall.root"), "guest/initrd/header.awk");
    String json =
        Program.succeed(cryptsetup, "luksDump", "--dump-json-metadata", volume.toString());
    Path dump = Files.writeString(folder.resolve("dump.json"), json);
    assertThat(Program.succeed(awk, "-f", judge.toString(), dump.toString()).strip())
        .isEqualTo("32768");
  }

  @ParameterizedTest
  @ValueSource(ints = {ESP, ESP + ESP_LENGTH - 1, ROOT, ROOT + (2 << 20), ROOT + ROOT_LENGTH - 1})
  void givenOneByteOfTheTemplateChangedWhenProvisionedThenItIsRefused(int place) throws Exception {
    MemoryChannel altered = new MemoryChannel(IMAGE);
    altered.bytes()[place] ^= 1;

    refused(order(altered, 0), DiskProblem.TEMPLATE_BLOCK_DIFFERS, "expected SHA-256");
  }

  @Test
  void givenAByteOutsideThePartitionsChangedWhenProvisionedThenItGoesNowhere() throws Exception {
    MemoryChannel altered = new MemoryChannel(IMAGE);
    altered.bytes()[ESP + ESP_LENGTH] ^= 1;
    altered.bytes()[100_000] ^= 1;

    assertThat(provision(order(altered, 0)).diskBytes()).isPositive();
  }

  @Test
  void givenTheTemplatesTableDamagedWhenProvisionedThenItIsMalformed() {
    for (int place : new int[] {510, 512, 1024, IMAGE.length - 512}) {
      MemoryChannel altered = new MemoryChannel(IMAGE);
      altered.bytes()[place] ^= 1;
      assertThatExceptionOfType(MalformedException.class)
          .isThrownBy(() -> provision(order(altered, 0)));
    }
  }

  @Test
  void givenAnotherGoodTableWhenProvisionedThenTheLayoutIsRefused() throws Exception {
    MemoryChannel swapped = new MemoryChannel(IMAGE);
    PartitionTable.plan(
            new UUID(5, 6),
            IMAGE.length,
            List.of(
                new PlannedPartition(
                    1, PartitionType.ROOT_X86_64, new UUID(1, 1), ESP_LENGTH, "esp"),
                new PlannedPartition(
                    2, PartitionType.EFI_SYSTEM, new UUID(1, 2), ROOT_LENGTH, "root")))
        .write(swapped);

    refused(order(swapped, 0), DiskProblem.TEMPLATE_LAYOUT_DIFFERS, "expected partition 1");
  }

  @Test
  void givenATemplateServedFromFailingStorageWhenProvisionedThenItIsRefused() throws Exception {
    MemoryChannel late =
        new MemoryChannel(IMAGE) {
          @Override
          public int read(ByteBuffer into) throws IOException {
            if (position() >= ROOT && position() < ROOT + ROOT_LENGTH) {
              throw new IOException("bad sector");
            }
            return super.read(into);
          }
        };

    refused(order(late, 0), DiskProblem.TEMPLATE_UNREADABLE, "bad sector");
  }

  @Test
  void givenASmallerDiskThanTheTemplateWhenProvisionedThenItIsRefused() throws Exception {
    refused(order(new MemoryChannel(IMAGE), (25 << 20) - 1), DiskProblem.DISK_TOO_SMALL, "needs");
    refused(order(new MemoryChannel(IMAGE), -1), DiskProblem.DISK_TOO_SMALL, "needs");
    refused(
        order(new MemoryChannel(IMAGE), Long.MAX_VALUE), DiskProblem.DISK_NOT_WRITTEN, "64 TiB");
  }

  @Test
  void givenACatalogNoMachineCanBeMadeFromWhenProvisionedThenItIsRefused() throws Exception {
    UUID guid = new UUID(1, 1);
    List<PlannedPartition> esp =
        List.of(new PlannedPartition(1, PartitionType.EFI_SYSTEM, guid, 1 << 20, "esp"));
    PlannedPartition root =
        new PlannedPartition(2, PartitionType.ROOT_X86_64, new UUID(1, 2), 1 << 20, "root");
    PlannedPartition data =
        new PlannedPartition(3, PartitionType.LINUX_GENERIC, new UUID(1, 3), 1 << 20, "data");
    for (List<PlannedPartition> planned :
        List.of(esp, List.of(root), List.of(esp.getFirst(), root, data))) {
      MemoryChannel image = new MemoryChannel(8 << 20);
      PartitionTable.plan(new UUID(5, 6), 8 << 20, planned).write(image);
      DiskOrder order = new DiskOrder(image, catalog(image.bytes()), folder, 0, seed());

      refused(order, DiskProblem.CATALOG_UNSUITABLE, "partition");
    }
  }

  @Test
  void givenADiskThatIsThereWhenProvisionedThenItIsNotTouched() throws Exception {
    Path disk = Files.writeString(folder.resolve(ProvisionedDisk.DISK), "precious");

    assertThatExceptionOfType(DiskRefusedException.class)
        .isThrownBy(() -> provision(order(new MemoryChannel(IMAGE), 0)))
        .satisfies(refused -> assertThat(refused.problem()).isEqualTo(DiskProblem.DISK_EXISTS));
    assertThat(disk).hasContent("precious");
    Files.delete(disk);
    Files.createSymbolicLink(folder.resolve(ProvisionedDisk.SEED), folder.resolve("elsewhere"));
    assertThatExceptionOfType(DiskRefusedException.class)
        .isThrownBy(() -> provision(order(new MemoryChannel(IMAGE), 0)))
        .satisfies(refused -> assertThat(refused.problem()).isEqualTo(DiskProblem.DISK_EXISTS));
  }

  @Test
  void givenWhatAKilledProvisioningLeftWhenProvisionedAgainThenItIsReplaced() throws Exception {
    Path left = folder.resolve(ProvisionedDisk.DISK + ".partial");
    Files.createSymbolicLink(left, folder.resolve("elsewhere"));

    provision(order(new MemoryChannel(IMAGE), 0));

    assertThat(left).doesNotExist();
    assertThat(folder.resolve("elsewhere")).doesNotExist();
    assertThat(folder.resolve(ProvisionedDisk.DISK)).isRegularFile();
  }

  @Test
  void givenAVtpmThatRefusesWhenProvisionedThenNoDiskIsMade() throws Exception {
    DiskOrder order = order(new MemoryChannel(IMAGE), 0);
    KeySealer broken =
        secret -> {
          throw new DiskRefusedException(DiskProblem.KEY_NOT_SEALED, "no TPM");
        };

    assertThatExceptionOfType(DiskRefusedException.class)
        .isThrownBy(() -> new DiskProvisioner(RANDOM).provision(order, broken, Progress.SILENT));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void givenNamesOfFilesThatCollideWhenProvisionedThenTheSeedIsRefused() throws Exception {
    List<SeedFile> files = List.of(seedFile("a", "1"), seedFile("A", "2"));

    refused(
        new DiskOrder(new MemoryChannel(IMAGE), CATALOG, folder, 0, files),
        DiskProblem.SEED_UNSUITABLE,
        "in case only");
  }

  @Test
  void givenAFullFileSystemWhenProvisionedThenItIsRefusedAndNothingIsLeft() throws Exception {
    Path full = folder.resolve("full");
    Files.createDirectory(full);
    assumeTrue(
        Program.run("mount", "-t", "tmpfs", "-o", "size=2M", "tmpfs", full.toString()).exit() == 0,
        "skipped: no right to mount a small tmpfs");
    try {
      refused(
          new DiskOrder(new MemoryChannel(IMAGE), CATALOG, full, 0, seed()),
          DiskProblem.DISK_NOT_WRITTEN,
          "No space left on device");
    } finally {
      Program.run("umount", full.toString());
    }
  }

  @Test
  void givenItIsInterruptedWhenProvisionedThenNothingIsLeft() throws Exception {
    DiskOrder order = order(new MemoryChannel(IMAGE), 0);
    Progress impatient =
        (done, total) -> {
          if (done > 2 << 20) {
            Thread.currentThread().interrupt();
          }
        };

    try {
      assertThatExceptionOfType(DiskRefusedException.class)
          .isThrownBy(() -> new DiskProvisioner(RANDOM).provision(order, sealer, impatient));
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void givenAFolderThatIsNotThereWhenProvisionedThenItIsRefused() {
    Path nowhere = folder.resolve("nowhere");

    assertThatExceptionOfType(DiskRefusedException.class)
        .isThrownBy(
            () -> provision(new DiskOrder(new MemoryChannel(IMAGE), CATALOG, nowhere, 0, seed())))
        .satisfies(
            refused -> assertThat(refused.problem()).isEqualTo(DiskProblem.DISK_NOT_WRITTEN));
  }

  @Test
  void givenAnExtFileSystemWhenEncryptedThenSectorsAreNotLargerThanItsBlocks(@TempDir Path made)
      throws Exception {
    String mkfs = Program.require("mkfs.ext4", "e2fsprogs");
    for (int block : new int[] {1024, 4096}) {
      Path image = Files.write(made.resolve("fs" + block), new byte[8 << 20]);
      Program.succeed(mkfs, "-q", "-F", "-b", Integer.toString(block), image.toString());

      byte[] start = Arrays.copyOf(Files.readAllBytes(image), 1 << 20);
      assertThat(RootVolume.sectorSize(start, start.length)).isEqualTo(block == 4096 ? 4096 : 512);
    }
    assertThat(RootVolume.sectorSize(new byte[1 << 20], 1 << 20)).isEqualTo(512);
    assertThat(RootVolume.sectorSize(new byte[1 << 20], 512)).isEqualTo(512);
  }

  private static byte[] bytes(FileChannel channel, long offset, int length) throws Exception {
    ByteBuffer out = ByteBuffer.allocate(length);
    while (out.hasRemaining()) {
      assertThat(channel.read(out, offset + out.position())).isPositive();
    }
    return out.array();
  }
}
