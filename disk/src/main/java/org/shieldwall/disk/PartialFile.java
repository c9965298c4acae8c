package org.shieldwall.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A file that gets its name only when it is whole and on the medium. What a failure leaves is
 * deleted; what a kill leaves has another name, is taken for nothing, and is deleted by the next
 * try.
 */
final class PartialFile implements AutoCloseable {
  private final Path target;
  private final Path partial;
  private final FileChannel channel;
  private boolean named;
  private boolean kept;

  /** Creates a file of {@code length} bytes, all of it a hole, readable by its owner alone. */
  PartialFile(Path target, long length) throws IOException {
    this.target = target;
    this.partial = target.resolveSibling(target.getFileName() + ".partial");
    Files.deleteIfExists(partial);
    this.channel =
        FileChannel.open(
            partial,
            Set.of(
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      channel.write(ByteBuffer.allocate(1), length - 1);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  FileChannel channel() {
    return channel;
  }

  /** Waits until the content is on the medium. */
  void flush() throws IOException {
    channel.force(true);
    channel.close();
  }

  void rename() throws IOException {
    Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    named = true;
  }

  /** From now on the file stays. */
  void keep() {
    kept = true;
  }

  /** Deletes the file under either name, unless it was kept. */
  @Override
  public void close() throws IOException {
    channel.close();
    if (!kept) {
      Files.deleteIfExists(named ? target : partial);
    }
  }
}
