package org.shieldwall.disk.catalog;

import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.shieldwall.disk.MemoryChannel;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.gpt.PartitionType;
import org.shieldwall.disk.gpt.PlannedPartition;

/** A small template: an ESP and a root partition, full of noise. */
public final class TemplateImage {
  /** Where the ESP begins. */
  public static final int ESP = 1 << 20;

  /** Bytes of the ESP: not whole MiB, so that its last block is short. */
  public static final int ESP_LENGTH = (2 << 20) + 1536;

  /** Where the root partition begins. */
  public static final int ROOT = 4 << 20;

  /** Bytes of the root partition. */
  public static final int ROOT_LENGTH = (3 << 20) + 4096;

  private TemplateImage() {}

  /** {@return the template's table} */
  public static PartitionTable table() {
    return PartitionTable.plan(
        new UUID(5, 6),
        9 << 20,
        List.of(
            new PlannedPartition(1, PartitionType.EFI_SYSTEM, new UUID(1, 1), ESP_LENGTH, "esp"),
            new PlannedPartition(
                2, PartitionType.ROOT_X86_64, new UUID(1, 2), ROOT_LENGTH, "root")));
  }

  /** {@return the whole image} */
  public static byte[] bytes() {
    byte[] noise = new byte[9 << 20];
    new Random(11).nextBytes(noise);
    MemoryChannel channel = new MemoryChannel(noise);
    try {
      table().write(channel);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return channel.bytes();
  }
}
