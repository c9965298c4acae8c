package org.shieldwall.evidence.eventlog;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Files that people hold for an event log, named so that they know what they have. */
final class OtherFile {
  private OtherFile() {}

  static Optional<String> recognise(byte[] bytes) {
    if (isCanonicalEventLog(bytes)) {
      return Optional.of("a Canonical Event Log (CEL-TLV), which is not supported");
    }
    if (startsWith(bytes, 0x1F, 0x8B)) {
      return Optional.of("a gzip file");
    }
    if (startsWith(bytes, 0x30, 0x82)) {
      return Optional.of("DER, as of a certificate");
    }
    if (isText(bytes)) {
      String start = new String(bytes, 0, Math.min(12, bytes.length), StandardCharsets.US_ASCII);
      return Optional.of("text starting with \"" + start.strip() + "\"");
    }
    return Optional.empty();
  }

  /** CEL 1.0 section 5.1: record number 0 (type 0, length 8), then an index (length 1 to 4). */
  private static boolean isCanonicalEventLog(byte[] bytes) {
    return bytes.length > 18
        && startsWith(bytes, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0)
        && bytes[13] != 0
        && bytes[14] == 0
        && bytes[15] == 0
        && bytes[16] == 0
        && bytes[17] > 0
        && bytes[17] <= 4;
  }

  private static boolean startsWith(byte[] bytes, int... start) {
    if (bytes.length < start.length) {
      return false;
    }
    for (int i = 0; i < start.length; i++) {
      if ((bytes[i] & 0xFF) != start[i]) {
        return false;
      }
    }
    return true;
  }

  /** No event log starts with 12 printable characters: its first four bytes are a PCR index. */
  private static boolean isText(byte[] bytes) {
    int length = Math.min(12, bytes.length);
    for (int i = 0; i < length; i++) {
      int c = bytes[i] & 0xFF;
      if (c != '\n' && c != '\r' && c != '\t' && (c < ' ' || c > '~')) {
        return false;
      }
    }
    return true;
  }
}
