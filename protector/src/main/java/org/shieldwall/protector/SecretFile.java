package org.shieldwall.protector;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import org.shieldwall.protector.ProtectorException.Code;

/** Files that only their owner may read: written whole or not at all, and never read otherwise. */
public final class SecretFile {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private SecretFile() {}

  /** Reads at most {@code maxBytes}; refuses a file that group or others have any right to. */
  public static byte[] read(Path path, int maxBytes) throws ProtectorException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      requireOwnerOnly(path);
      long size = channel.size();
      if (size > maxBytes) {
        throw new ProtectorException(
            Code.TOO_LARGE, path + ": at most " + maxBytes + " bytes, found " + size);
      }
      ByteBuffer buffer = ByteBuffer.allocate((int) size);
      while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
        // Until all of it is there or the file has ended.
      }
      if (buffer.hasRemaining()) {
        throw new ProtectorException(Code.FILE_NOT_USABLE, path + ": changed while it was read");
      }
      return buffer.array();
    } catch (IOException e) {
      throw notUsable(path, e);
    }
  }

  /** Writes a new file of mode 0600; refuses with {@code FILE_EXISTS} if there is one. */
  public static void create(Path path, byte[] content) throws ProtectorException {
    write(path, content, false);
  }

  /** Writes a file of mode 0600 in one step, in the place of one that may be there. */
  static void replace(Path path, byte[] content) throws ProtectorException {
    write(path, content, true);
  }

  private static void write(Path path, byte[] content, boolean replace) throws ProtectorException {
    Path directory = path.toAbsolutePath().getParent();
    if (directory == null) {
      throw new ProtectorException(Code.FILE_NOT_USABLE, path + ": not a file");
    }
    try {
      Path temporary =
          Files.createTempFile(
              directory,
              "." + path.getFileName(),
              ".new",
              PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      try {
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
          ByteBuffer buffer = ByteBuffer.wrap(content);
          while (buffer.hasRemaining()) {
            channel.write(buffer);
          }
          channel.force(true);
        }
        if (replace) {
          Files.move(
              temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } else {
          // A link fails if the name is taken; a move would overwrite.
          Files.createLink(path, temporary);
        }
      } finally {
        Files.deleteIfExists(temporary);
      }
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    } catch (FileAlreadyExistsException e) {
      throw new ProtectorException(
          Code.FILE_EXISTS, path + " is there already and is not overwritten: give another name");
    } catch (IOException e) {
      throw notUsable(path, e);
    }
  }

  private static void requireOwnerOnly(Path path) throws IOException, ProtectorException {
    Set<PosixFilePermission> found = Files.getPosixFilePermissions(path);
    if (!Files.isRegularFile(path)) {
      throw new ProtectorException(Code.FILE_NOT_USABLE, path + ": not a regular file");
    }
    if (!OWNER_ONLY.containsAll(found)) {
      throw new ProtectorException(
          Code.UNSAFE_PERMISSIONS,
          path
              + " has mode "
              + PosixFilePermissions.toString(found)
              + ", and holds a secret: chmod 0600 "
              + quoted(path));
    }
  }

  private static String quoted(Path path) {
    String text = path.toString();
    return text.matches("[A-Za-z0-9/._+-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  private static ProtectorException notUsable(Path path, IOException e) {
    String why =
        switch (e) {
          case NoSuchFileException _ -> "does not exist";
          case java.nio.file.AccessDeniedException _ -> "permission denied";
          case java.nio.file.FileSystemException f when f.getReason() != null -> f.getReason();
          default -> e.getClass().getSimpleName();
        };
    return new ProtectorException(Code.FILE_NOT_USABLE, path + ": " + why);
  }
}
