package org.shieldwall.disk;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.shieldwall.disk.catalog.CatalogHasher;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.gpt.PartitionType;
import org.shieldwall.disk.gpt.PlannedPartition;
import org.shieldwall.disk.luks.CipherBench;
import org.shieldwall.protector.VolumeSignatureCatalog;

/**
 * Prints how fast templates are hashed and machines are made. Run it with a folder on the storage
 * in question and a size in MiB.
 */
public final class ProvisioningBench {
  private static final int ROUNDS = 5;

  private ProvisioningBench() {}

  /** Takes a folder and a size in MiB. */
  public static void main(String[] words) throws Exception {
    Path folder = Files.createTempDirectory(Path.of(words[0]), "bench");
    long mebibytes = Long.parseLong(words[1]);
    Path template = folder.resolve("template.raw");
    writeTemplate(template, mebibytes << 20);
    CipherBench.run();
    byte[] block = new byte[1 << 20];
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      for (int i = 0; i < 512; i++) {
        digest.update(block);
      }
      digest.digest();
      print("SHA-256", 512, start);
    }
    for (int round = 0; round < ROUNDS; round++) {
      round(folder, template, mebibytes);
    }
    Files.delete(template);
    Files.delete(folder);
  }

  private static void round(Path folder, Path template, long mebibytes) throws Exception {
    try (FileChannel channel = FileChannel.open(template)) {
      long start = System.nanoTime();
      VolumeSignatureCatalog catalog = TestCatalog.of(CatalogHasher.hash(channel, Progress.SILENT));
      print("hash a template", mebibytes, start);
      start = System.nanoTime();
      ProvisionedDisk made =
          new DiskProvisioner(new SecureRandom())
              .provision(
                  new DiskOrder(channel, catalog, folder, 0, List.of()),
                  secret -> "{\"type\":\"example\",\"keyslots\":[\"0\"]}",
                  Progress.SILENT);
      print("verify, encrypt, write, fsync", mebibytes, start);
      Files.delete(made.disk());
      Files.delete(made.seed());
    }
  }

  private static void writeTemplate(Path path, long bytes) throws Exception {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      byte[] noise = new byte[1 << 20];
      Random random = new Random(1);
      for (long at = 0; at < bytes; at += noise.length) {
        random.nextBytes(noise);
        channel.write(ByteBuffer.wrap(noise), at);
      }
      PartitionTable.plan(
              new UUID(1, 1),
              bytes,
              List.of(
                  new PlannedPartition(
                      1, PartitionType.EFI_SYSTEM, new UUID(1, 2), 64 << 20, "esp"),
                  new PlannedPartition(
                      2, PartitionType.ROOT_X86_64, new UUID(1, 3), bytes - (66 << 20), "root")))
          .write(channel);
    }
  }

  private static void print(String what, long mebibytes, long start) {
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf("%-32s %7.0f MiB/s%n", what, mebibytes / seconds);
  }
}
