package org.shieldwall.disk;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.shieldwall.disk.Orders.CATALOG;
import static org.shieldwall.disk.Orders.IMAGE;
import static org.shieldwall.disk.Orders.OWNERS_SECRET;
import static org.shieldwall.disk.Orders.seed;
import static org.shieldwall.disk.catalog.TemplateImage.ESP;
import static org.shieldwall.disk.catalog.TemplateImage.ESP_LENGTH;
import static org.shieldwall.disk.catalog.TemplateImage.ROOT;
import static org.shieldwall.disk.catalog.TemplateImage.ROOT_LENGTH;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.disk.gpt.Partition;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.gpt.PartitionType;
import org.shieldwall.disk.luks.Luks2Header;
import org.shieldwall.disk.luks.Luks2Opener;
import org.shieldwall.disk.seal.KeySealer;
import org.shieldwall.disk.seal.StockCryptsetup;
import org.shieldwall.disk.seal.VolumeKeySealer;
import org.shieldwall.disk.seal.Vtpm;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;

/** Machines that are made, and what is in them. */
class DiskProvisionerTest {
  private static final SecureRandom RANDOM = new SecureRandom();

  @TempDir Path folder;
  private final List<byte[]> sealed = new ArrayList<>();

  /** Stands in for a vTPM where a test is not about it; keeps what it was given. */
  private final KeySealer sealer =
      secret -> {
        sealed.add(secret.clone());
        return "{\"type\":\"example\",\"keyslots\":[\"0\"]}";
      };

  private DiskOrder order(MemoryChannel template, long diskBytes) {
    return Orders.of(template, folder, diskBytes);
  }

  private ProvisionedDisk provision(DiskOrder order) throws Exception {
    return new DiskProvisioner(RANDOM).provision(order, sealer, Progress.SILENT);
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

  @Test
  void givenAByteOutsideThePartitionsChangedWhenProvisionedThenItGoesNowhere() throws Exception {
    MemoryChannel altered = new MemoryChannel(IMAGE);
    altered.bytes()[ESP + ESP_LENGTH] ^= 1;
    altered.bytes()[100_000] ^= 1;

    assertThat(provision(order(altered, 0)).diskBytes()).isPositive();
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

  @Test
  void givenAMachineWhenProvisionedThenTheSealedSecretsAreOverwrittenInMemory() throws Exception {
    List<byte[]> given = new ArrayList<>();
    KeySealer keeping =
        secret -> {
          given.add(secret);
          return sealer.seal(secret);
        };
    new DiskProvisioner(RANDOM)
        .provision(order(new MemoryChannel(IMAGE), 0), keeping, Progress.SILENT);

    assertThat(given).hasSize(2).allMatch(secret -> Arrays.equals(secret, new byte[32]));
    assertThat(sealed).noneMatch(secret -> Arrays.equals(secret, new byte[32]));
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

  private static byte[] bytes(FileChannel channel, long offset, int length) throws Exception {
    ByteBuffer out = ByteBuffer.allocate(length);
    while (out.hasRemaining()) {
      assertThat(channel.read(out, offset + out.position())).isPositive();
    }
    return out.array();
  }
}
