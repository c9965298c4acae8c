package org.shieldwall.evidence.ima;

import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.shieldwall.tpm.MalformedException;

/**
 * Reads the template data of an entry: fields of a 32-bit little-endian length and that many bytes.
 * (Lists of big-endian machines are little-endian too since the kernel's {@code
 * ima_canonical_fmt}.)
 */
final class TemplateData {
  private static final int DIGEST_SIZE = 20;

  /** The name of the last hash, so that the usual list makes one string of it and not thousands. */
  private String lastHash = "";

  private OptionalInt lastSize = OptionalInt.empty();

  /** Checks the fields in {@code entry.data} and notes where digest and name are. */
  void read(ImaEntry entry) throws MalformedException {
    entry.signatureFrom = 0;
    entry.signatureTo = 0;
    if (entry.template.isOriginal()) {
      entry.hashName = "sha1";
      entry.digestFrom = 0;
      entry.digestTo = DIGEST_SIZE;
      return;
    }
    int at = 0;
    for (ImaTemplate.Field field : entry.template.fields()) {
      int length = length(entry, at);
      at += 4;
      switch (field) {
        case DIGEST_NG -> digest(entry, at, at + length);
        case NAME_NG -> name(entry, at, at + length);
        case SIGNATURE -> {
          entry.signatureFrom = at;
          entry.signatureTo = at + length;
        }
        case BYTES -> {
          // Keys, modes: hashed with the rest, not looked into.
        }
        case DIGEST, NAME ->
            throw malformed(entry, at, "a field with a length", "a field of template ima");
      }
      at += length;
    }
    if (at != entry.dataSize) {
      throw malformed(entry, at, "the end", (entry.dataSize - at) + " more bytes");
    }
  }

  private static int length(ImaEntry entry, int at) throws MalformedException {
    byte[] data = entry.data;
    if (entry.dataSize - at < 4) {
      throw malformed(entry, at, "a field's length", (entry.dataSize - at) + " bytes left");
    }
    long length =
        (data[at] & 0xFFL)
            | (data[at + 1] & 0xFFL) << 8
            | (data[at + 2] & 0xFFL) << 16
            | (data[at + 3] & 0xFFL) << 24;
    if (length > entry.dataSize - at - 4) {
      throw malformed(entry, at, length + " bytes", (entry.dataSize - at - 4) + " left");
    }
    return (int) length;
  }

  /** {@code sha256:} and a zero, or {@code verity:sha256:} and a zero, then the digest. */
  private void digest(ImaEntry entry, int from, int to) throws MalformedException {
    int zero = from;
    while (zero < to && entry.data[zero] != 0) {
      zero++;
    }
    if (zero == to || zero == from || entry.data[zero - 1] != ':') {
      throw malformed(entry, from, "a hash algorithm, a colon and a zero", "none");
    }
    int start = zero - 1;
    while (start > from && entry.data[start - 1] != ':') {
      start--;
    }
    if (!matches(entry.data, start, zero - 1, lastHash)) {
      lastHash = new String(entry.data, start, zero - 1 - start, StandardCharsets.ISO_8859_1);
      lastSize = FileHash.size(lastHash);
    }
    if (lastSize.isEmpty()) {
      throw malformed(entry, start, "a hash algorithm that the kernel has", quoted(lastHash));
    }
    if (to - zero - 1 != lastSize.getAsInt()) {
      throw malformed(
          entry,
          zero + 1,
          lastSize.getAsInt() + " bytes of " + lastHash,
          (to - zero - 1) + " bytes");
    }
    entry.hashName = lastHash;
    entry.digestFrom = zero + 1;
    entry.digestTo = to;
  }

  private static void name(ImaEntry entry, int from, int to) throws MalformedException {
    if (to == from || entry.data[to - 1] != 0) {
      throw malformed(entry, from, "a name that ends in a zero", "none");
    }
    entry.nameFrom = from;
    entry.nameTo = to - 1;
  }

  private static boolean matches(byte[] data, int from, int to, String text) {
    if (to - from != text.length()) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if ((data[i] & 0xFF) != text.charAt(i - from)) {
        return false;
      }
    }
    return true;
  }

  static String quoted(String text) {
    String shown = text.length() > 40 ? text.substring(0, 40) + "…" : text;
    return '"' + shown.replaceAll("[^ -~…]", "?") + '"';
  }

  static MalformedException malformed(ImaEntry entry, int at, String expected, String found) {
    return ImaInput.malformed(
        entry.offset, expected + " at byte " + at + " of entry " + entry.index, found);
  }
}
