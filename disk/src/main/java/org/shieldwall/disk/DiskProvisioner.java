package org.shieldwall.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.UUID;
import org.shieldwall.disk.catalog.TemplateLayout;
import org.shieldwall.disk.catalog.VerifiedCopy;
import org.shieldwall.disk.gpt.Partition;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.io.ExactChannel;
import org.shieldwall.disk.seal.KeySealer;
import org.shieldwall.protector.SignedPartition;
import org.shieldwall.tpm.MalformedException;

/**
 * Makes a new machine's disks from a signed template and the owner's files.
 *
 * <p>The template is read once from front to back, each MiB verified in memory before any of it is
 * used. Both volumes get keys of their own, which exist only in this process's memory until they
 * are overwritten, and in the vTPM.
 */
public final class DiskProvisioner {
  private final SecureRandom random;

  /**
   * A provisioner may be used for any number of machines, one after the other.
   *
   * @param random of keys, GUIDs and salts
   */
  public DiskProvisioner(SecureRandom random) {
    this.random = random;
  }

  /**
   * Makes both disks, or none.
   *
   * @param sealer of the new machine's vTPM; called once for each volume
   * @param progress in bytes of the template
   * @throws DiskRefusedException with the reason; no file is left then
   * @throws MalformedException if the template has no good partition table
   */
  public ProvisionedDisk provision(DiskOrder order, KeySealer sealer, Progress progress)
      throws DiskRefusedException, MalformedException {
    Path disk = absent(order.folder().resolve(ProvisionedDisk.DISK));
    Path seed = absent(order.folder().resolve(ProvisionedDisk.SEED));
    DiskPlan plan = DiskPlan.of(order.catalog().partitions(), order.diskBytes(), random);
    PartitionTable template = table(order.template());
    TemplateLayout.require(order.catalog().partitions(), template);
    UUID rootVolume = DiskPlan.guid(random);
    UUID seedVolume = DiskPlan.guid(random);
    try (SeedVolume files = new SeedVolume(order.seed(), random.nextInt());
        VolumeSecret rootSecret = new VolumeSecret(random, sealer);
        VolumeSecret seedSecret = new VolumeSecret(random, sealer);
        PartialFile diskFile = new PartialFile(disk, plan.bytes());
        PartialFile seedFile = new PartialFile(seed, files.length())) {
      copy(order.template(), template, plan, diskFile.channel(), rootVolume, rootSecret, progress);
      files.writeTo(seedFile.channel(), seedVolume, seedSecret, random);
      seedFile.flush();
      diskFile.flush();
      absent(disk);
      absent(seed);
      seedFile.rename();
      diskFile.rename();
      flushFolder(order.folder());
      seedFile.keep();
      diskFile.keep();
      return new ProvisionedDisk(disk, plan.bytes(), rootVolume, seed, files.length(), seedVolume);
    } catch (IOException e) {
      throw new DiskRefusedException(DiskProblem.DISK_NOT_WRITTEN, said(e), e);
    }
  }

  private static PartitionTable table(SeekableByteChannel template)
      throws DiskRefusedException, MalformedException {
    try {
      return PartitionTable.read(template);
    } catch (IOException e) {
      throw new DiskRefusedException(DiskProblem.TEMPLATE_UNREADABLE, said(e), e);
    }
  }

  private void copy(
      SeekableByteChannel from,
      PartitionTable template,
      DiskPlan plan,
      SeekableByteChannel disk,
      UUID volume,
      VolumeSecret secret,
      Progress progress)
      throws IOException, DiskRefusedException {
    Meter meter = new Meter(progress, plan.esp().length() + plan.root().length());
    Partition espPlace = plan.place(plan.esp());
    VerifiedCopy.copy(
        from,
        offset(template, plan.esp()),
        plan.esp(),
        (block, length) -> {
          ExactChannel.write(disk, espPlace.offset() + meter.done(), block, length);
          meter.add(length);
        });
    try (RootVolume root = new RootVolume(disk, plan.place(plan.root()), volume, secret)) {
      VerifiedCopy.copy(
          from,
          offset(template, plan.root()),
          plan.root(),
          (block, length) -> {
            root.append(block, length);
            meter.add(length);
          });
      root.finish(random);
    }
    plan.table().write(disk);
  }

  private static long offset(PartitionTable template, SignedPartition signed) {
    return template.partitions().stream()
        .filter(one -> one.number() == signed.index())
        .findFirst()
        .orElseThrow()
        .offset();
  }

  /** Counts what is done. */
  private static final class Meter {
    private final Progress progress;
    private final long total;
    private long done;

    Meter(Progress progress, long total) {
      this.progress = progress;
      this.total = total;
    }

    long done() {
      return done;
    }

    void add(int bytes) {
      done += bytes;
      progress.at(done, total);
    }
  }

  private static Path absent(Path path) throws DiskRefusedException {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new DiskRefusedException(DiskProblem.DISK_EXISTS, path.toString());
    }
    return path;
  }

  /** Makes the new names last through a power failure. */
  private static void flushFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static String said(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
