package org.shieldwall.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.shieldwall.disk.Orders.CATALOG;
import static org.shieldwall.disk.Orders.IMAGE;
import static org.shieldwall.disk.Orders.catalog;
import static org.shieldwall.disk.Orders.seed;
import static org.shieldwall.disk.Orders.seedFile;
import static org.shieldwall.disk.catalog.TemplateImage.ESP;
import static org.shieldwall.disk.catalog.TemplateImage.ESP_LENGTH;
import static org.shieldwall.disk.catalog.TemplateImage.ROOT;
import static org.shieldwall.disk.catalog.TemplateImage.ROOT_LENGTH;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.gpt.PartitionType;
import org.shieldwall.disk.gpt.PlannedPartition;
import org.shieldwall.disk.seal.KeySealer;
import org.shieldwall.protector.SeedFile;
import org.shieldwall.tpm.MalformedException;

/** Machines that are not made: each reason, provoked with an altered genuine template. */
class DiskRefusalTest {
  private static final SecureRandom RANDOM = new SecureRandom();

  @TempDir Path folder;

  private final KeySealer sealer = secret -> "{\"type\":\"example\",\"keyslots\":[\"0\"]}";

  private DiskOrder order(MemoryChannel template, long diskBytes) {
    return Orders.of(template, folder, diskBytes);
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

  @ParameterizedTest
  @ValueSource(ints = {ESP, ESP + ESP_LENGTH - 1, ROOT, ROOT + (2 << 20), ROOT + ROOT_LENGTH - 1})
  void givenOneByteOfTheTemplateChangedWhenProvisionedThenItIsRefused(int place) throws Exception {
    MemoryChannel altered = new MemoryChannel(IMAGE);
    altered.bytes()[place] ^= 1;

    refused(order(altered, 0), DiskProblem.TEMPLATE_BLOCK_DIFFERS, "expected SHA-256");
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
}
