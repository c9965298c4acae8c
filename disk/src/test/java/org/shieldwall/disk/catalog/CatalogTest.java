package org.shieldwall.disk.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
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
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

class CatalogTest {
  private static final byte[] IMAGE = TemplateImage.bytes();

  private static HashedTemplate hashed() throws Exception {
    return CatalogHasher.hash(new MemoryChannel(IMAGE), Progress.SILENT);
  }

  private static byte[] copied(MemoryChannel template, HashedPartition partition, long offset)
      throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    VerifiedCopy.copy(template, offset, partition, (block, length) -> out.write(block, 0, length));
    return out.toByteArray();
  }

  @Test
  void givenATemplateWhenHashedThenEveryBlockOfEveryPartitionIsCovered() throws Exception {
    List<Long> seen = new ArrayList<>();
    HashedTemplate template =
        CatalogHasher.hash(
            new MemoryChannel(IMAGE),
            (done, total) -> {
              seen.add(done);
              assertThat(total).isEqualTo(ESP_LENGTH + ROOT_LENGTH);
            });

    HashedPartition esp = template.partitions().get(0);
    byte[] last = Arrays.copyOfRange(IMAGE, ESP + (2 << 20), ESP + ESP_LENGTH);
    assertThat(esp.blocks()).hasSize(3);
    assertThat(esp.blocks().get(2).toArray())
        .isEqualTo(MessageDigest.getInstance("SHA-256").digest(last));
    assertThat(esp.type()).isEqualTo(PartitionType.EFI_SYSTEM);
    assertThat(template.partitions().get(1).blocks()).hasSize(4);
    assertThat(template.length()).isEqualTo(ESP_LENGTH + ROOT_LENGTH);
    assertThat(seen).hasSize(7).isSorted().last().isEqualTo((long) ESP_LENGTH + ROOT_LENGTH);
  }

  @Test
  void givenTheSignedTemplateWhenCopiedThenTheBytesArriveUnchanged() throws Exception {
    HashedTemplate template = hashed();

    assertThat(copied(new MemoryChannel(IMAGE), template.partitions().get(0), ESP))
        .isEqualTo(Arrays.copyOfRange(IMAGE, ESP, ESP + ESP_LENGTH));
    assertThat(copied(new MemoryChannel(IMAGE), template.partitions().get(1), ROOT))
        .isEqualTo(Arrays.copyOfRange(IMAGE, ROOT, ROOT + ROOT_LENGTH));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, (1 << 20) - 1, 1 << 20, ROOT_LENGTH - 1})
  void givenOneByteChangedWhenCopiedThenItsBlockIsNamedAndNeverHandedOn(int place)
      throws Exception {
    HashedPartition root = hashed().partitions().get(1);
    MemoryChannel altered = new MemoryChannel(IMAGE);
    altered.bytes()[ROOT + place] ^= 1;
    int block = place / HashedTemplate.BLOCK_SIZE;
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    assertThatExceptionOfType(DiskRefusedException.class)
        .isThrownBy(() ->
            VerifiedCopy.copy(altered, ROOT, root, (bytes, length) -> out.write(bytes, 0, length)))
        .withMessageContaining("partition 2, block " + block + ", offset " + (ROOT + (block << 20)))
        .withMessageContaining("expected SHA-256 " + root.blocks().get(block))
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
    HashedPartition root = hashed().partitions().get(1);

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
    HashedPartition root = hashed().partitions().get(1);
    MemoryChannel swapped = new MemoryChannel(IMAGE);
    System.arraycopy(IMAGE, ROOT, swapped.bytes(), ROOT + (1 << 20), 1 << 20);

    assertThatExceptionOfType(DiskRefusedException.class)
        .isThrownBy(() -> copied(swapped, root, ROOT))
        .withMessageContaining("block 1");
  }

  @Test
  void givenATemplateCutShortOrFailingWhenCopiedThenItIsUnreadable() throws Exception {
    HashedPartition root = hashed().partitions().get(1);
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
    HashedTemplate template = hashed();
    PlannedPartition esp =
        new PlannedPartition(1, PartitionType.EFI_SYSTEM, new UUID(1, 1), ESP_LENGTH, "esp");
    UUID other = new UUID(1, 2);
    List<PlannedPartition> roots =
        List.of(
            new PlannedPartition(3, PartitionType.ROOT_X86_64, other, ROOT_LENGTH, "root"),
            new PlannedPartition(2, PartitionType.LINUX_GENERIC, other, ROOT_LENGTH, "root"),
            new PlannedPartition(2, PartitionType.ROOT_X86_64, other, ROOT_LENGTH - 512, "root"),
            new PlannedPartition(2, PartitionType.ROOT_X86_64, other, ROOT_LENGTH, "Root"));

    template.requireLayout(TemplateImage.table());
    for (PlannedPartition root : roots) {
      PartitionTable table = PartitionTable.plan(new UUID(5, 6), 9 << 20, List.of(esp, root));
      assertThatExceptionOfType(DiskRefusedException.class)
          .isThrownBy(() -> template.requireLayout(table))
          .withMessageContaining("expected partition 2 \"root\"")
          .satisfies(refused ->
              assertThat(refused.problem()).isEqualTo(DiskProblem.TEMPLATE_LAYOUT_DIFFERS));
    }
    PartitionTable fewer = PartitionTable.plan(new UUID(5, 6), 9 << 20, List.of(esp));
    assertThatExceptionOfType(DiskRefusedException.class)
        .isThrownBy(() -> template.requireLayout(fewer))
        .withMessageContaining("expected 2 partitions, found 1");
  }

  @Test
  void givenHashesThatDoNotCoverAPartitionWhenATemplateIsMadeThenItIsRefused() {
    Bytes hash = Bytes.zeros(32);
    UUID type = PartitionType.ROOT_X86_64;
    List<HashedPartition> bad =
        List.of(
            new HashedPartition(1, type, "", 1 << 20, List.of()),
            new HashedPartition(1, type, "", 1 << 20, List.of(hash, hash)),
            new HashedPartition(1, type, "", (1 << 20) + 512, List.of(hash)),
            new HashedPartition(1, type, "", 100, List.of(hash)),
            new HashedPartition(1, type, "", 0, List.of()),
            new HashedPartition(1, type, "", -512, List.of(hash)),
            new HashedPartition(1, type, "", 512, List.of(Bytes.zeros(20))),
            new HashedPartition(0, type, "", 512, List.of(hash)));

    for (HashedPartition one : bad) {
      assertThatIllegalArgumentException()
          .as(one.toString())
          .isThrownBy(() -> new HashedTemplate(List.of(one)));
    }
    HashedPartition good = new HashedPartition(1, type, "", 512, List.of(hash));
    assertThatIllegalArgumentException().isThrownBy(() -> new HashedTemplate(List.of(good, good)));
  }
}
