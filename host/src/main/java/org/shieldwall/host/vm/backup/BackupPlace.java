package org.shieldwall.host.vm.backup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ProtectorException;

/**
 * A folder of backups, of any number of VMs: {@code backups/ID.json} says what each holds, {@code
 * blocks/ab/abcd…} are the blocks, each once and named by its digest. So a second backup of a VM
 * adds only what has changed, and one that was cut short leaves nothing but blocks that the next
 * one uses.
 */
public final class BackupPlace {
  private static final DateTimeFormatter ID =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final String PARTIAL = ".partial";

  private final Path manifests;
  private final Path blocks;

  /** The backups in {@code folder}, which need not be there yet. */
  public BackupPlace(Path folder) {
    this.manifests = folder.resolve("backups");
    this.blocks = folder.resolve("blocks");
  }

  /** Told how far it has come. */
  public interface Progress {
    /** Of {@code total} bytes {@code done} have been. */
    void at(long done, long total);
  }

  /** A block that is missing, or is not the one that was put there. */
  public static final class DamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedException(String message) {
      super(message);
    }
  }

  /**
   * What became of a backup.
   *
   * @param added bytes of blocks that were not there before
   */
  public record Made(BackupManifest manifest, long added) {}

  /**
   * Adds a backup of a VM that does not run.
   *
   * @param folder the VM's
   * @param progress bytes read of all there are
   */
  public Made add(
      Path folder,
      UUID vm,
      String name,
      long generation,
      boolean saved,
      Instant now,
      Progress progress)
      throws IOException {
    Files.createDirectories(manifests);
    Files.createDirectories(blocks);
    List<Path> parts = VmFiles.of(folder);
    long total = 0;
    for (Path part : parts) {
      total += Files.size(folder.resolve(part));
    }
    long all = total;
    long[] done = {0, 0};
    List<BackedUpFile> files = new ArrayList<>();
    for (Path part : parts) {
      files.add(
          VmFiles.read(
              folder,
              part,
              (path, index, digest, block) -> {
                done[0] += block.remaining();
                done[1] += keep(digest, block) ? block.limit() : 0;
                progress.at(done[0], all);
              }));
    }
    BackupManifest manifest =
        new BackupManifest(ID.format(now), vm, name, generation, saved, now, files);
    put(manifests.resolve(manifest.id() + ".json"), ByteBuffer.wrap(Json.bytes(manifest.toJson())));
    return new Made(manifest, done[1]);
  }

  private Path block(String digest) {
    return blocks.resolve(digest.substring(0, 2)).resolve(digest);
  }

  private boolean keep(String digest, ByteBuffer block) throws IOException {
    if (digest.equals(BackedUpFile.HOLE)) {
      return false;
    }
    Path file = block(digest);
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) == block.remaining()) {
      return false;
    }
    Files.createDirectories(file.resolveSibling("."));
    put(file, block);
    return true;
  }

  private static void put(Path file, ByteBuffer content) throws IOException {
    Path partial = file.resolveSibling(file.getFileName() + PARTIAL);
    try (FileChannel channel =
        FileChannel.open(
            partial,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS)) {
      while (content.hasRemaining()) {
        channel.write(content);
      }
      channel.force(true);
    }
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** {@return all backups, oldest first} */
  public List<BackupManifest> list() throws IOException, ProtectorException {
    List<BackupManifest> all = new ArrayList<>();
    if (!Files.isDirectory(manifests)) {
      return all;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(manifests, "*.json")) {
      for (Path entry : entries) {
        try (var in = Files.newInputStream(entry, LinkOption.NOFOLLOW_LINKS)) {
          all.add(BackupManifest.parse(in.readNBytes(BackupManifest.MAX_BYTES + 1)));
        }
      }
    }
    all.sort(Comparator.comparing(BackupManifest::id));
    return all;
  }

  /**
   * Puts a backup's files into an empty folder, each block held against its digest.
   *
   * @param progress bytes written of all there are
   */
  public void extract(BackupManifest manifest, Path folder, Progress progress) throws IOException {
    long done = 0;
    for (BackedUpFile file : manifest.files()) {
      Path target = folder.resolve(file.path());
      Files.createDirectories(target.resolveSibling("."));
      try (FileChannel out =
          FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        for (int i = 0; i < file.blocks().size(); i++) {
          write(file, i, out);
          done += file.length(i);
          progress.at(done, manifest.bytes());
        }
        // A hole at the end makes no file longer: its last byte does.
        if (file.bytes() > 0 && out.size() < file.bytes()) {
          out.write(ByteBuffer.allocate(1), file.bytes() - 1);
        }
        out.force(true);
      }
    }
    VmFiles.link(folder, manifest.generation());
  }

  private void write(BackedUpFile file, int index, FileChannel out) throws IOException {
    String digest = file.blocks().get(index);
    if (digest.equals(BackedUpFile.HOLE)) {
      return;
    }
    Path kept = block(digest);
    if (!Files.isRegularFile(kept, LinkOption.NOFOLLOW_LINKS)
        || Files.size(kept) != file.length(index)) {
      throw new DamagedException(
          "block " + index + " of " + file.path() + " is missing (" + digest + ")");
    }
    ByteBuffer block = ByteBuffer.wrap(Files.readAllBytes(kept));
    if (!VmFiles.digest(block).equals(digest)) {
      throw new DamagedException(
          "block " + index + " of " + file.path() + " is damaged (" + digest + ")");
    }
    long at = (long) index * BackedUpFile.BLOCK;
    while (block.hasRemaining()) {
      at += out.write(block, at);
    }
  }

  /**
   * What is removed so that {@code keep} backups of a VM stay.
   *
   * @param blocks that no other backup needs
   */
  public record Pruning(List<BackupManifest> backups, Set<String> blocks) {}

  /** {@return what keeping the newest {@code keep} backups of {@code vm} would remove} */
  public Pruning plan(UUID vm, int keep) throws IOException, ProtectorException {
    List<BackupManifest> all = list();
    List<BackupManifest> own = all.stream().filter(each -> each.vm().equals(vm)).toList();
    List<BackupManifest> old = own.subList(0, Math.max(0, own.size() - keep));
    Set<String> needed = new HashSet<>();
    all.stream().filter(each -> !old.contains(each)).forEach(each -> addBlocks(each, needed));
    Set<String> spare = new HashSet<>();
    old.forEach(each -> addBlocks(each, spare));
    spare.removeAll(needed);
    spare.remove(BackedUpFile.HOLE);
    return new Pruning(List.copyOf(old), spare);
  }

  private static void addBlocks(BackupManifest manifest, Set<String> into) {
    manifest.files().forEach(file -> into.addAll(file.blocks()));
  }

  /** Removes it: first what names the blocks, then these. */
  public void prune(Pruning pruning) throws IOException {
    for (BackupManifest backup : pruning.backups()) {
      Files.deleteIfExists(manifests.resolve(backup.id() + ".json"));
    }
    for (String digest : pruning.blocks()) {
      Files.deleteIfExists(block(digest));
    }
    sweep();
  }

  /** Removes what backups that were cut short left half written. */
  private void sweep() throws IOException {
    try (Stream<Path> tree = Files.walk(blocks)) {
      for (Path each : tree.toList()) {
        if (each.getFileName().toString().endsWith(PARTIAL)) {
          Files.deleteIfExists(each);
        }
      }
    }
  }
}
