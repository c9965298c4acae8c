package org.shieldwall.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Files that a user names, read within a bound and refused by name. */
public final class InputFile {
  private InputFile() {}

  /**
   * Reads at most {@code limit} bytes; files of the kernel say that they are empty, and are not.
   */
  public static byte[] read(Path file, int limit) {
    try (InputStream in = open(file)) {
      byte[] bytes = in.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw new Failure(
            file + " is larger than the " + limit + " bytes that such a file may have",
            "",
            Failure.MALFORMED);
      }
      return bytes;
    } catch (IOException problem) {
      throw unreadable(file, problem);
    }
  }

  /** Opens a file as a stream. */
  public static InputStream open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new Failure(file + " is a directory", "name a file in it", Failure.ENVIRONMENT);
    }
    return new BufferedInputStream(Files.newInputStream(file), 1 << 16);
  }

  /** {@return why a file cannot be read, in words} */
  public static Failure unreadable(Path file, IOException problem) {
    return switch (problem) {
      case NoSuchFileException _ ->
          new Failure("there is no file " + file, "", Failure.ENVIRONMENT);
      case AccessDeniedException _ ->
          new Failure("you may not read " + file, "sudo shieldwall …", Failure.ENVIRONMENT);
      default ->
          new Failure(
              file + " cannot be read: " + problem.getClass().getSimpleName(),
              "",
              Failure.ENVIRONMENT);
    };
  }
}
