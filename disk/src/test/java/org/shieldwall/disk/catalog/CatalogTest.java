package org.shieldwall.disk.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.shieldwall.disk.catalog.TemplateImage.ESP;
import static org.shieldwall.disk.catalog.TemplateImage.ESP_LENGTH;
import static org.shieldwall.disk.catalog.TemplateImage.ROOT;
import static org.shieldwall.disk.catalog.TemplateImage.ROOT_LENGTH;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.disk.DiskProblem;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.disk.MemoryChannel;
import org.shieldwall.disk.Progress;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.gpt.PartitionType;
import org.shieldwall.disk.gpt.PlannedPartition;
import org.shieldwall.protector.SignedPartition;
import org.shieldwall.tpm.MalformedException;

class CatalogTest {
  private static final byte[] IMAGE = TemplateImage.bytes();

  private static List<SignedPartition> hashed() throws Exception {
    return CatalogHasher.hash(new MemoryChannel(IMAGE), Progress.SILENT);
  }

  private static byte[] copied(MemoryChannel template, SignedPartition partition, long offset)
      throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    VerifiedCopy.copy(template, offset, partition, (block, length) -> out.write(block, 0, length));
    return out.toByteArray();
  }

  @Test
  void givenATemplateWhenHashedThenEveryBlockOfEveryPartitionIsCovered() throws Exception {
    List<Long> seen = new ArrayList<>();
    List<SignedPartition> template =
        CatalogHasher.hash(
            new MemoryChannel(IMAGE),
            (done, total) -> {
              seen.add(done);
              assertThat(total).isEqualTo(ESP_LENGTH + ROOT_LENGTH);
            });

    SignedPartition esp = template.get(0);
    byte[] last = Arrays.copyOfRange(IMAGE, ESP + (2 << 20), ESP + ESP_LENGTH);
    assertThat(esp.blockCount()).isEqualTo(3);
    assertThat(esp.block(2)).isEqualTo(MessageDigest.getInstance("SHA-256").digest(last));
    assertThat(esp.type()).isEqualTo(PartitionType.EFI_SYSTEM);
    assertThat(template.get(1).blockCount()).isEqualTo(4);
    assertThat(seen).hasSize(7).isSorted().last().isEqualTo((long) ESP_LENGTH + ROOT_LENGTH);
  }

  @Test
  void givenTheSignedTemplateWhenCopiedThenTheBytesArriveUnchanged() throws Exception {
    List<SignedPartition> template = hashed();

    assertThat(copied(new MemoryChannel(IMAGE), template.get(0), ESP))
        .isEqualTo(Arrays.copyOfRange(IMAGE, ESP, ESP + ESP_LENGTH));
    assertThat(copied(new MemoryChannel(IMAGE), template.get(1), ROOT))
        .isEqualTo(Arrays.copyOfRange(IMAGE, ROOT, ROOT + ROOT_LENGTH));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, (1 << 20) - 1, 1 << 20, ROOT_LENGTH - 1})
  void givenOneByteChangedWhenCopiedThenItsBlockIsNamedAndNeverHandedOn(int place)
      throws Exception {
    SignedPartition root = hashed().get(1);
    MemoryChannel altered = new MemoryChannel(IMAGE);
    altered.bytes()[ROOT + place] ^= 1;
    int block = place / SignedPartition.BLOCK_BYTES;
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    assertThatExceptionOfType(DiskRefusedException.class)
        .isThrownBy(() ->
            VerifiedCopy.copy(altered, ROOT, root, (bytes, length) -> out.write(bytes, 0, length)))
        .withMessageContaining("partition 2, block " + block + ", offset " + (ROOT + (block << 20)))
        .withMessageContaining("expected SHA-256 " + HexFormat.of().formatHex(root.block(block)))
        .satisfies(
            refused -> assertThat(refused.problem()).isEqualTo(DiskProblem.TEMPLATE_BLOCK_DIFFERS));
    assertThat(out.size()).isEqualTo(block << 20);
  }

  /** Storage that serves the signed bytes to the first reader of a place and others to the next. */
  private static final class TwoFaced extends MemoryChannel {
    private final boolean[] served = new boolean[IMAGE.length / 512 + 1];

    TwoFaced() {
      super(IMAGE);
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      int from = (int) position();
      int start = into.position();
      int length = super.read(into);
      for (int at = from; at < from + length; at++) {
        if (served[at / 512]) {
          into.put(start + at - from, (byte) 0xEE);
        }
      }
      Arrays.fill(served, from / 512, (from + length + 511) / 512, true);
      return length;
    }
  }

  @Test
  void givenStorageThatChangesAfterItsFirstReadWhenCopiedThenOnlyVerifiedBytesArrive()
      throws Exception {
    SignedPartition root = hashed().get(1);

    byte[] out = copied(new TwoFaced(), root, ROOT);

    assertThat(out).isEqualTo(Arrays.copyOfRange(IMAGE, ROOT, ROOT + ROOT_LENGTH));
    TwoFaced read = new TwoFaced();
    copied(read, root, ROOT);
    assertThatExceptionOfType(DiskRefusedException.class)
        .as("the attack is real: a second reader gets other bytes")
        .isThrownBy(() -> copied(read, root, ROOT));
  }

  @Test
  void givenOneBlockInAnothersPlaceWhenCopiedThenItIsRefused() throws Exception {
    SignedPartition root = hashed().get(1);
    MemoryChannel swapped = new MemoryChannel(IMAGE);
    System.arraycopy(IMAGE, ROOT, swapped.bytes(), ROOT + (1 << 20), 1 << 20);

    assertThatExceptionOfType(DiskRefusedException.class)
        .isThrownBy(() -> copied(swapped, root, ROOT))
        .withMessageContaining("block 1");
  }

  @Test
  void givenATemplateCutShortOrFailingWhenCopiedThenItIsUnreadable() throws Exception {
    SignedPartition root = hashed().get(1);
    MemoryChannel cut = new MemoryChannel(Arrays.copyOf(IMAGE, ROOT + (1 << 20) + 5));
    MemoryChannel failing =
        new MemoryChannel(IMAGE) {
          @Override
          public int read(ByteBuffer into) throws IOException {
            throw new IOException("bad sector");
          }
        };

    for (MemoryChannel bad : List.of(cut, failing)) {
      assertThatExceptionOfType(DiskRefusedException.class)
          .isThrownBy(() -> copied(bad, root, ROOT))
          .satisfies(
              refused -> assertThat(refused.problem()).isEqualTo(DiskProblem.TEMPLATE_UNREADABLE));
    }
    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> CatalogHasher.hash(cut, Progress.SILENT));
  }

  @Test
  void givenAnotherLayoutWhenComparedThenTheDifferenceIsNamed() throws Exception {
    List<SignedPartition> template = hashed();
    PlannedPartition esp =
        new PlannedPartition(1, PartitionType.EFI_SYSTEM, new UUID(1, 1), ESP_LENGTH, "esp");
    UUID other = new UUID(1, 2);
    List<PlannedPartition> roots =
        List.of(
            new PlannedPartition(3, PartitionType.ROOT_X86_64, other, ROOT_LENGTH, "root"),
            new PlannedPartition(2, PartitionType.LINUX_GENERIC, other, ROOT_LENGTH, "root"),
            new PlannedPartition(2, PartitionType.ROOT_X86_64, other, ROOT_LENGTH - 512, "root"),
            new PlannedPartition(2, PartitionType.ROOT_X86_64, other, ROOT_LENGTH, "Root"));

    TemplateLayout.require(template, TemplateImage.table());
    for (PlannedPartition root : roots) {
      PartitionTable table = PartitionTable.plan(new UUID(5, 6), 9 << 20, List.of(esp, root));
      assertThatExceptionOfType(DiskRefusedException.class)
          .isThrownBy(() -> TemplateLayout.require(template, table))
          .withMessageContaining("expected partition 2 \"root\"")
          .satisfies(refused ->
              assertThat(refused.problem()).isEqualTo(DiskProblem.TEMPLATE_LAYOUT_DIFFERS));
    }
    PartitionTable fewer = PartitionTable.plan(new UUID(5, 6), 9 << 20, List.of(esp));
    assertThatExceptionOfType(DiskRefusedException.class)
        .isThrownBy(() -> TemplateLayout.require(template, fewer))
        .withMessageContaining("expected 2 partitions, found 1");
  }
}
