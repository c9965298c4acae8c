package org.shieldwall.cli.owner;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.ShieldingData;
import org.shieldwall.protector.VolumeSignatureCatalog;

/** Reads and writes the owner's documents as files, with errors a person can act on. */
final class Documents {
  private Documents() {}

  static Guardian guardian(Path file) {
    return verified(file, Guardian.MAX_BYTES, Guardian::parse);
  }

  static VolumeSignatureCatalog catalog(Path file) {
    return verified(file, VolumeSignatureCatalog.MAX_BYTES, VolumeSignatureCatalog::parse);
  }

  static ShieldingData shieldingData(Path file) {
    return verified(file, ShieldingData.MAX_BYTES, ShieldingData::parse);
  }

  /** Writes a new file, whole or not at all; refuses to overwrite one. */
  static void writeNew(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException exists) {
      throw new Failure(
          file + " exists and is not overwritten",
          "name another file, or remove this one first",
          Failure.ENVIRONMENT);
    } catch (IOException problem) {
      deletePartial(file);
      throw new Failure(file + " cannot be written: " + reason(problem), "", Failure.ENVIRONMENT);
    }
  }

  /** {@return the failure that a refused document is} */
  static Failure refused(String what, ProtectorException problem) {
    int exitCode =
        switch (problem.code()) {
          case FILE_EXISTS, FILE_NOT_USABLE, UNSAFE_PERMISSIONS -> Failure.ENVIRONMENT;
          default ->
              problem.code().id().startsWith("malformed") ? Failure.MALFORMED : Failure.REFUSED;
        };
    return new Failure(
        what + ": " + problem.code().id() + ", " + problem.code().title(),
        problem.detail(),
        exitCode);
  }

  static String reason(IOException problem) {
    String message = problem.getMessage();
    return message == null ? problem.getClass().getSimpleName() : message;
  }

  private interface Parser<T> {
    T parse(byte[] bytes) throws ProtectorException;
  }

  private static <T> T verified(Path file, int limit, Parser<T> parser) {
    byte[] bytes = InputFile.read(file, limit);
    try {
      return parser.parse(bytes);
    } catch (ProtectorException problem) {
      throw refused(file.toString(), problem);
    }
  }

  private static void deletePartial(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException stays) {
      // The failure that is about to be reported names the file; this one adds nothing to it.
      return;
    }
  }
}
