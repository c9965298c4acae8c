package org.shieldwall.host.attest;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;

/**
 * Where the kernel keeps what the firmware and it measured.
 *
 * @param eventLog the firmware's event log
 * @param imaList the kernel's IMA list in binary form; may not exist
 * @param commandLine what the kernel was told; may not exist
 */
public record Evidence(Path eventLog, Path imaList, Path commandLine) {
  private static final Path COMMAND_LINE = Path.of("/proc/cmdline");
  private static final int MAX_EVENT_LOG = 16 << 20;
  private static final int MAX_IMA = 47 << 20;

  /** The command line is where Linux shows it. */
  public Evidence(Path eventLog, Path imaList) {
    this(eventLog, imaList, COMMAND_LINE);
  }

  /** {@return where Linux keeps them} */
  public static Evidence ofThisBoot() {
    return new Evidence(
        Path.of("/sys/kernel/security/tpm0/binary_bios_measurements"),
        Path.of("/sys/kernel/security/ima/binary_runtime_measurements"));
  }

  /** {@return where the kernel shows how many entries the IMA list has; may not exist} */
  public Path imaCount() {
    return imaList.resolveSibling("runtime_measurements_count");
  }

  Bytes readEventLog() throws IOException {
    return read(eventLog, MAX_EVENT_LOG);
  }

  Optional<Bytes> readImaList() throws IOException {
    try {
      return Optional.of(read(imaList, MAX_IMA));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    }
  }

  /** Where it cannot be read, nothing is said, and nothing that rests on it is shown. */
  Optional<String> readCommandLine() {
    try {
      return Optional.of(Files.readString(commandLine));
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }

  /**
   * {@return the list without its first entries; without them there is nothing if it is shorter}
   */
  Optional<Bytes> readImaList(long from) throws IOException {
    if (from == 0) {
      return readImaList();
    }
    try (InputStream in = Files.newInputStream(imaList)) {
      return Optional.of(ImaTail.read(in, from, MAX_IMA));
    } catch (NoSuchFileException | EOFException none) {
      return Optional.empty();
    }
  }

  private static Bytes read(Path file, int limit) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw new IOException(file + " is larger than " + limit + " bytes");
      }
      return Bytes.of(bytes);
    }
  }
}
