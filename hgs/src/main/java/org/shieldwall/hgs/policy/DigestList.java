package org.shieldwall.hgs.policy;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.shieldwall.tpm.Bytes;

/** A list of digests: one {@code sha256:HEX} a line, and comments after #. */
final class DigestList {
  private static final String PREFIX = "sha256:";
  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

  private DigestList() {}

  /** A line is none of these; the number of the line, from 1. */
  static final class BadLineException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int line;

    BadLineException(int line) {
      super("line " + line + " is no sha256:HEX in lower case");
      this.line = line;
    }

    int line() {
      return line;
    }
  }

  static Set<Bytes> parse(Bytes file) throws BadLineException {
    List<String> lines = new String(file.toArray(), StandardCharsets.UTF_8).lines().toList();
    Set<Bytes> digests = new HashSet<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).split("#", 2)[0].strip();
      if (line.isEmpty()) {
        continue;
      }
      if (!isDigest(line)) {
        throw new BadLineException(i + 1);
      }
      digests.add(digest(line));
    }
    return digests;
  }

  static boolean isDigest(String text) {
    return DIGEST.matcher(text).matches();
  }

  static Bytes digest(String text) {
    return Bytes.ofHex(text.substring(PREFIX.length()));
  }
}
