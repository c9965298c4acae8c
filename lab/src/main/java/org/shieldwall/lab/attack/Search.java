package org.shieldwall.lab.attack;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.shieldwall.lab.attack.Canaries.Canary;

/** Looks for secrets in bytes of any origin: memory, files, streams. */
final class Search {
  private static final int CHUNK = 1 << 20;
  private static final int OVERLAP = 256;

  private final List<Canary> canaries;
  private final List<List<byte[]>> forms;
  // Which pairs of bytes a form can begin with: nearly every position is passed over by it.
  private final boolean[] beginnings = new boolean[1 << 16];
  private final Set<String> found = new TreeSet<>();
  private final List<String> refusals = new ArrayList<>();
  private long bytes;
  private int regions;

  Search(List<Canary> canaries) {
    this.canaries = List.copyOf(canaries);
    this.forms = this.canaries.stream().map(Canaries::forms).toList();
    forms.forEach(each -> each.forEach(form -> beginnings[pair(form, 0)] = true));
  }

  /** {@return what was found, and where} */
  Set<String> found() {
    return found;
  }

  /** {@return what could not be read, and why} */
  List<String> refusals() {
    return refusals;
  }

  /** {@return how many bytes were looked at} */
  long bytes() {
    return bytes;
  }

  /** {@return how many regions or files could be read} */
  int regions() {
    return regions;
  }

  /** Looks at {@code length} bytes of {@code block}. */
  void block(byte[] block, int length, String where) {
    bytes += length;
    for (int at = 0; at + 1 < length; at++) {
      if (beginnings[pair(block, at)]) {
        match(block, at, length, where);
      }
    }
  }

  private static int pair(byte[] bytes, int at) {
    return ((bytes[at] & 0xFF) << 8) | (bytes[at + 1] & 0xFF);
  }

  private void match(byte[] block, int at, int length, String where) {
    for (int i = 0; i < forms.size(); i++) {
      for (byte[] form : forms.get(i)) {
        if (at + form.length <= length && matches(block, at, form)) {
          found.add(canaries.get(i).name() + " in " + where);
        }
      }
    }
  }

  /** Looks at a stream to its end. */
  void stream(InputStream in, String where) throws IOException {
    byte[] window = new byte[CHUNK + OVERLAP];
    int kept = 0;
    while (true) {
      int read = in.readNBytes(window, kept, CHUNK);
      block(window, kept + read, where);
      if (read < CHUNK) {
        return;
      }
      System.arraycopy(window, kept + read - OVERLAP, window, 0, OVERLAP);
      kept = OVERLAP;
    }
  }

  /** Looks at every file below {@code folder}; sockets, devices and links are passed over. */
  void tree(Path folder, Set<Path> except) throws IOException {
    tree(folder, except, Instant.EPOCH);
  }

  /** The same, of files that have changed since then: others cannot hold a younger secret. */
  void tree(Path folder, Set<Path> except, Instant since) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
            return except.contains(each) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() && !except.contains(file) && changed(file, since)) {
              file(file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException gone) {
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** By the time of the last change of anything about it, which nobody sets at will (stat(2)). */
  private static boolean changed(Path file, Instant since) {
    try {
      return !((FileTime) Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS))
          .toInstant()
          .isBefore(since);
    } catch (IOException gone) {
      return false;
    }
  }

  /** Looks at one file. */
  void file(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      stream(in, file.toString());
      regions++;
    } catch (IOException unreadable) {
      refusals.add(file + ": " + unreadable.getMessage());
    }
  }

  /** Reads the memory of a process as a debugger does, region by region (proc(5)). */
  void memory(long pid) throws IOException {
    Path process = Path.of("/proc/" + pid);
    List<String> maps = Files.readAllLines(process.resolve("maps"));
    try (FileChannel memory = FileChannel.open(process.resolve("mem"), StandardOpenOption.READ)) {
      for (String line : maps) {
        if (line.split(" ", -1)[1].startsWith("r")) {
          region(memory, line);
        }
      }
    }
  }

  private void region(FileChannel memory, String line) {
    String[] bounds = line.substring(0, line.indexOf(' ')).split("-", -1);
    long at = Long.parseUnsignedLong(bounds[0], 16);
    long end = Long.parseUnsignedLong(bounds[1], 16);
    if (at < 0) {
      return; // vsyscall, above what a file position can say
    }
    String name = line.length() > 73 ? line.substring(73) : "anonymous memory";
    byte[] window = new byte[CHUNK + OVERLAP];
    int kept = 0;
    boolean any = false;
    while (at < end) {
      int want = (int) Math.min(CHUNK, end - at);
      try {
        int read = memory.read(ByteBuffer.wrap(window, kept, want), at);
        if (read <= 0) {
          break;
        }
        block(window, kept + read, name);
        any = true;
        at += read;
        int keep = Math.min(OVERLAP, kept + read);
        System.arraycopy(window, kept + read - keep, window, 0, keep);
        kept = keep;
      } catch (IOException refused) {
        refusals.add(name + ": " + refused.getMessage());
        break;
      }
    }
    regions += any ? 1 : 0;
  }

  private static boolean matches(byte[] bytes, int at, byte[] form) {
    for (int i = 0; i < form.length; i++) {
      if (bytes[at + i] != form[i]) {
        return false;
      }
    }
    return true;
  }
}
