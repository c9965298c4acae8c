package org.shieldwall.host.vm.backup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** The files that make up a VM that does not run: its current state and its disks, no leftovers. */
final class VmFiles {
  private static final String LINK = "state";

  private VmFiles() {}

  /** What takes a file's blocks. */
  interface Sink {
    /**
     * Takes one.
     *
     * @param digest {@link BackedUpFile#HOLE} for zeros
     * @param block what remains in it; to be used before this returns
     */
    void take(String path, int index, String digest, ByteBuffer block) throws IOException;
  }

  /** {@return the VM's files, relative to {@code folder}, in the order of their names} */
  static List<Path> of(Path folder) throws IOException {
    Path current = Files.readSymbolicLink(folder.resolve(LINK));
    List<Path> files = new ArrayList<>();
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path each : tree.sorted().toList()) {
        Path relative = folder.relativize(each);
        if (Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)
            && isPart(relative, current.toString())) {
          files.add(relative);
        }
      }
    }
    return files;
  }

  private static boolean isPart(Path relative, String current) {
    String first = relative.getName(0).toString();
    String last = relative.getFileName().toString();
    boolean otherState = first.startsWith("state.") && !first.equals(current);
    boolean unfinished = last.endsWith(".new") || last.endsWith(".partial") || last.equals(".lock");
    return !otherState && !unfinished && BackedUpFile.isPath(relative.toString());
  }

  /** Reads one file block by block; {@return what it is in a manifest} */
  static BackedUpFile read(Path folder, Path relative, Sink sink) throws IOException {
    List<String> blocks = new ArrayList<>();
    try (FileChannel channel =
        FileChannel.open(
            folder.resolve(relative), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      long bytes = channel.size();
      ByteBuffer block = ByteBuffer.allocate(BackedUpFile.BLOCK);
      for (long at = 0; at < bytes; at += BackedUpFile.BLOCK) {
        fill(channel, block.clear().limit((int) Math.min(BackedUpFile.BLOCK, bytes - at)));
        String digest = isZero(block) ? BackedUpFile.HOLE : digest(block);
        sink.take(relative.toString(), blocks.size(), digest, block.rewind());
        blocks.add(digest);
      }
      return new BackedUpFile(relative.toString(), bytes, blocks);
    }
  }

  private static void fill(FileChannel channel, ByteBuffer block) throws IOException {
    while (block.hasRemaining()) {
      if (channel.read(block) < 0) {
        throw new IOException("a file became shorter while it was read: does the VM run?");
      }
    }
    block.rewind();
  }

  private static boolean isZero(ByteBuffer block) {
    for (int i = 0; i < block.limit(); i++) {
      if (block.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  /** {@return SHA-256 of what remains in {@code block}, which is left there} */
  static String digest(ByteBuffer block) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(block.duplicate());
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }

  /** Names the current state, the last step of putting a VM's files into a folder. */
  static void link(Path folder, long generation) throws IOException {
    Path link = folder.resolve(LINK);
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, Path.of("state." + generation));
  }
}
