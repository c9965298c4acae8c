package org.shieldwall.evidence.ima;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.shieldwall.tpm.MalformedException;

/**
 * The kernel's {@code binary_runtime_measurements}: PCR index, template digest, length and name of
 * the template, length and template data; numbers are 32 bits, little-endian. The first template,
 * {@code ima}, has no length of its data.
 */
final class BinaryImaReader implements ImaReader {
  private static final int LONGEST_TEMPLATE_NAME = 256;
  private static final int LONGEST_ORIGINAL_NAME = 255;
  private static final int ORIGINAL_DIGEST = 20;
  private static final int[] DIGEST_SIZES = {20, 32, 48, 64};

  private final ImaInput in;
  private final int digestSize;
  private final ImaEntry entry = new ImaEntry();
  private final TemplateData templateData = new TemplateData();
  private long count;

  BinaryImaReader(ImaInput in) throws IOException {
    this.in = in;
    this.digestSize = digestSize(in);
  }

  /**
   * Template digests are SHA-1, but for the lists that newer kernels offer per bank. The length is
   * written nowhere; it is the one after which the name of a template stands.
   */
  private static int digestSize(ImaInput in) throws IOException {
    for (int size : DIGEST_SIZES) {
      if (in.fill(4 + size + 4 + 3)) {
        int name = in.from + 4 + size + 4;
        long length = in.u32(name - 4);
        boolean known =
            startsWith(in.window, name, "ima")
                || startsWith(in.window, name, "evm")
                || startsWith(in.window, name, "d-n");
        if (length > 0 && length < LONGEST_TEMPLATE_NAME && known) {
          return size;
        }
      }
    }
    return DIGEST_SIZES[0];
  }

  private static boolean startsWith(byte[] bytes, int at, String text) {
    return bytes[at] == text.charAt(0)
        && bytes[at + 1] == text.charAt(1)
        && bytes[at + 2] == text.charAt(2);
  }

  @Override
  public ImaEntry entry() {
    return entry;
  }

  @Override
  public boolean next() throws IOException, MalformedException {
    if (!in.fill(1)) {
      return false;
    }
    long offset = in.offset();
    int fixed = 4 + digestSize + 4;
    in.need(fixed, offset, "an entry's header");
    entry.index = count++;
    entry.offset = offset;
    entry.pcr = in.u32(in.from);
    System.arraycopy(in.window, in.from + 4, entry.templateDigest, 0, digestSize);
    entry.templateDigestSize = digestSize;
    long nameLength = in.u32(in.from + 4 + digestSize);
    if (nameLength == 0 || nameLength > LONGEST_TEMPLATE_NAME) {
      throw ImaInput.malformed(
          offset, "a template name of 1 to " + LONGEST_TEMPLATE_NAME + " bytes", nameLength + "");
    }
    int header = fixed + (int) nameLength;
    in.need(header, offset, "the template name");
    template(in.from + fixed, (int) nameLength);
    int size = entry.template.isOriginal() ? original(header) : data(header);
    in.from += size;
    templateData.read(entry);
    return true;
  }

  private void template(int at, int length) throws MalformedException {
    String last = entry.template.name();
    boolean same = last.length() == length;
    for (int i = 0; same && i < length; i++) {
      same = (in.window[at + i] & 0xFF) == last.charAt(i);
    }
    if (same) {
      return;
    }
    String name = new String(in.window, at, length, StandardCharsets.ISO_8859_1);
    Optional<ImaTemplate> template = ImaTemplate.of(name);
    if (template.isEmpty()) {
      throw ImaInput.malformed(entry.offset, "a known template", TemplateData.quoted(name));
    }
    entry.template = template.get();
  }

  private int data(int header) throws IOException, MalformedException {
    in.need(header + 4L, entry.offset, "the length of the template data");
    long length = in.u32(in.from + header);
    in.need(header + 4 + length, entry.offset, "the template data");
    take(in.from + header + 4, (int) length, (int) length);
    return header + 4 + (int) length;
  }

  /** Digest of 20 bytes, length, name; hashed with the name filled up to 256 bytes. */
  private int original(int header) throws IOException, MalformedException {
    int digest = ORIGINAL_DIGEST;
    in.need(header + digest + 4L, entry.offset, "a digest and a name's length");
    long length = in.u32(in.from + header + digest);
    if (length > LONGEST_ORIGINAL_NAME) {
      throw ImaInput.malformed(
          entry.offset, "a name of at most " + LONGEST_ORIGINAL_NAME + " bytes", length + "");
    }
    in.need(header + digest + 4 + length, entry.offset, "the name");
    take(in.from + header, digest, digest + ImaEntry.NAME_SIZE_HASHED);
    System.arraycopy(in.window, in.from + header + digest + 4, entry.data, digest, (int) length);
    entry.nameFrom = digest;
    entry.nameTo = digest + (int) length;
    return header + digest + 4 + (int) length;
  }

  private void take(int from, int count, int size) {
    if (entry.data.length < size) {
      entry.data = new byte[Math.max(size, 2 * entry.data.length)];
    }
    System.arraycopy(in.window, from, entry.data, 0, count);
    Arrays.fill(entry.data, count, size, (byte) 0);
    entry.dataSize = size;
  }
}
