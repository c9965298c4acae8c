package org.shieldwall.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.Capture;

/** Captures of hosts, wherever a command takes one in place of a part of it. */
public final class CaptureFile {
  private CaptureFile() {}

  /** {@return the capture in a file that must be one} */
  public static Capture read(Path file) {
    return parse(file, InputFile.read(file, Capture.MAX_BYTES));
  }

  /** {@return the capture in a file, if it means to be one} */
  public static Optional<Capture> in(Path file) {
    try (InputStream in = InputFile.open(file)) {
      if (in.read() != '{') {
        return Optional.empty();
      }
    } catch (IOException problem) {
      throw InputFile.unreadable(file, problem);
    }
    return in(file, InputFile.read(file, Capture.MAX_BYTES));
  }

  /** {@return the same of a file that has been read} */
  public static Optional<Capture> in(Path file, byte[] bytes) {
    boolean capture = bytes.length > 0 && bytes[0] == '{' && Capture.looksLike(bytes);
    return capture ? Optional.of(parse(file, bytes)) : Optional.empty();
  }

  private static Capture parse(Path file, byte[] bytes) {
    try {
      return Capture.parse(bytes);
    } catch (ProtectorException problem) {
      throw new Failure(
          file + " is no capture: " + problem.detail(),
          "make one on the host: shieldwall host capture --out FILE",
          Failure.MALFORMED);
    }
  }
}
