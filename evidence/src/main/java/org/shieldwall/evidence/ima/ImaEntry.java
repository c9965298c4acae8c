package org.shieldwall.evidence.ima;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.shieldwall.tpm.Bytes;

/**
 * The entry that a list is at: valid until the next is read, since its buffers are used again.
 * Everything in it is a claim until the list has been replayed into a quoted PCR 10.
 */
public final class ImaEntry {
  static final int NAME_SIZE_HASHED = 256;

  long index;
  long offset;
  long pcr;
  ImaTemplate template = new ImaTemplate("", List.of());
  byte[] templateDigest = new byte[64];
  int templateDigestSize;

  /** What is hashed for the template digest. */
  byte[] data = new byte[512];

  int dataSize;
  String hashName = "";
  int digestFrom;
  int digestTo;
  int nameFrom;
  int nameTo;
  int signatureFrom;
  int signatureTo;

  ImaEntry() {}

  /** {@return place in the list, from 0} */
  public long index() {
    return index;
  }

  /** {@return offset of the entry in the list, in bytes} */
  public long offset() {
    return offset;
  }

  /** {@return the PCR it was extended into, an unsigned 32-bit number} */
  public long pcr() {
    return pcr;
  }

  /** {@return the template's name} */
  public String template() {
    return template.name();
  }

  /** {@return name of the hash of the file, e.g. {@code sha256}} */
  public String hashName() {
    return hashName;
  }

  /** {@return digest of the file} */
  public Bytes fileDigest() {
    return Bytes.of(data, digestFrom, digestTo);
  }

  /** {@return the file's signature as the kernel keeps it; empty if it has none} */
  public Bytes signature() {
    return Bytes.of(data, signatureFrom, signatureTo);
  }

  /** {@return the file's name as the list gives it, control characters shown as {@code ?}} */
  public String fileName() {
    return new String(data, nameFrom, nameTo - nameFrom, StandardCharsets.UTF_8)
        .codePoints()
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** {@return whether the file's name is {@code name}} */
  public boolean isNamed(String name) {
    int length = name.length();
    if (nameTo - nameFrom != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if ((data[nameFrom + i] & 0xFF) != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /**
   * {@return whether the kernel noted that the file was open for writing while it was measured} Its
   * template digest is then zero, and 0xFF was extended.
   */
  public boolean isViolation() {
    for (int i = 0; i < templateDigestSize; i++) {
      if (templateDigest[i] != 0) {
        return false;
      }
    }
    return true;
  }

  Bytes templateDigestBytes() {
    return Bytes.of(templateDigest, 0, templateDigestSize);
  }
}
