package org.shieldwall.hgs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.tpm.Bytes;

/** Reads the list of files that may run: one {@code sha256:HEX} a line, and comments after #. */
final class ImaAllowList {
  private static final String PREFIX = "sha256:";
  private static final int HEX = 64;

  private ImaAllowList() {}

  static Optional<Set<Bytes>> read(Optional<Path> file) throws HgsException {
    return file.isEmpty() ? Optional.empty() : Optional.of(read(file.get()));
  }

  private static Set<Bytes> read(Path file) throws HgsException {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new HgsException(
          "the IMA allow-list " + file + " cannot be read",
          "mend or remove policy.ima-allow-list in hgs.toml",
          e);
    }
    Set<Bytes> digests = new HashSet<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).split("#", 2)[0].strip();
      if (line.isEmpty()) {
        continue;
      }
      String hex = line.startsWith(PREFIX) ? line.substring(PREFIX.length()) : "";
      if (hex.length() != HEX || !hex.matches("[0-9a-f]+")) {
        throw new HgsException(
            "line " + (i + 1) + " of the IMA allow-list " + file + " is no sha256:HEX",
            "write one digest a line, in lower-case hex");
      }
      digests.add(Bytes.ofHex(hex));
    }
    return digests;
  }
}
