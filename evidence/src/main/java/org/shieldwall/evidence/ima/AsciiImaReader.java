package org.shieldwall.evidence.ima;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.shieldwall.tpm.MalformedException;

/**
 * The kernel's {@code ascii_runtime_measurements}: a line an entry, of PCR index, template digest,
 * template and its fields, with one blank between them. Names may hold blanks; of template data
 * that an entry leaves empty only the blank is written.
 */
final class AsciiImaReader implements ImaReader {
  private static final HexFormat HEX = HexFormat.of();

  private final ImaInput in;
  private final ImaEntry entry = new ImaEntry();
  private final TemplateData templateData = new TemplateData();
  private long count;

  AsciiImaReader(ImaInput in) {
    this.in = in;
  }

  @Override
  public ImaEntry entry() {
    return entry;
  }

  @Override
  public boolean next() throws IOException, MalformedException {
    entry.offset = in.offset();
    Optional<String> line = line();
    if (line.isEmpty()) {
      return false;
    }
    entry.index = count++;
    String[] parts = line.get().split(" ", 4);
    if (parts.length < 4) {
      throw malformed("PCR, template digest, template and fields", TemplateData.quoted(line.get()));
    }
    entry.pcr = pcr(parts[0]);
    byte[] digest = hex(parts[1]);
    if (digest.length < 16 || digest.length > 64) {
      throw malformed("a template digest of 16 to 64 bytes", digest.length + " bytes");
    }
    System.arraycopy(digest, 0, entry.templateDigest, 0, digest.length);
    entry.templateDigestSize = digest.length;
    Optional<ImaTemplate> template = ImaTemplate.of(parts[2]);
    if (template.isEmpty()) {
      throw malformed("a known template", TemplateData.quoted(parts[2]));
    }
    entry.template = template.get();
    entry.dataSize = 0;
    fields(parts[3]);
    templateData.read(entry);
    return true;
  }

  private Optional<String> line() throws IOException, MalformedException {
    int length = 0;
    while (in.fill(length + 1) && in.window[in.from + length] != '\n') {
      length++;
      if (length > ImaInput.LARGEST_ENTRY) {
        throw malformed("a line of at most " + ImaInput.LARGEST_ENTRY + " bytes", "a longer one");
      }
    }
    if (length == 0 && in.available() == 0) {
      return Optional.empty();
    }
    String line = new String(in.window, in.from, length, StandardCharsets.UTF_8);
    in.from += Math.min(length + 1, in.available());
    return Optional.of(line);
  }

  private long pcr(String text) throws MalformedException {
    if (!text.matches("[0-9]{1,9}")) {
      throw malformed("a PCR index", TemplateData.quoted(text));
    }
    return Long.parseLong(text);
  }

  /** The name is the only field that may hold blanks: it ends where the fields after it begin. */
  private void fields(String text) throws MalformedException {
    if (entry.template.isOriginal()) {
      original(text);
      return;
    }
    List<ImaTemplate.Field> kinds = entry.template.fields();
    int space = text.indexOf(' ');
    if (space < 0 || kinds.size() < 2 || kinds.get(1) != ImaTemplate.Field.NAME_NG) {
      throw malformed("a digest and a name", TemplateData.quoted(text));
    }
    String[] tail = new String[kinds.size() - 2];
    Arrays.fill(tail, "");
    String name = text.substring(space + 1);
    for (int i = tail.length - 1; i >= 0; i--) {
      int last = name.lastIndexOf(' ');
      String candidate = last < 0 ? "?" : name.substring(last + 1);
      // Tools that strip lines take the blank of an empty last field with them.
      if (isHex(candidate)) {
        tail[i] = candidate;
        name = name.substring(0, last);
      }
    }
    digest(text.substring(0, space));
    sized(name.getBytes(StandardCharsets.UTF_8), true);
    for (String each : tail) {
      sized(hex(each), false);
    }
  }

  private void digest(String text) throws MalformedException {
    int colon = text.lastIndexOf(':');
    if (colon <= 0) {
      throw malformed("a hash algorithm, a colon and a digest", TemplateData.quoted(text));
    }
    byte[] label = text.substring(0, colon + 1).getBytes(StandardCharsets.ISO_8859_1);
    byte[] value = hex(text.substring(colon + 1));
    number(label.length + 1 + value.length);
    append(label);
    append(new byte[1]);
    append(value);
  }

  private void original(String text) throws MalformedException {
    int space = text.indexOf(' ');
    byte[] digest = hex(space < 0 ? text : text.substring(0, space));
    byte[] name = (space < 0 ? "" : text.substring(space + 1)).getBytes(StandardCharsets.UTF_8);
    if (digest.length != 20 || name.length >= ImaEntry.NAME_SIZE_HASHED) {
      throw malformed("a digest of 20 bytes and a name of at most 255", TemplateData.quoted(text));
    }
    append(digest);
    append(Arrays.copyOf(name, ImaEntry.NAME_SIZE_HASHED));
    entry.nameFrom = digest.length;
    entry.nameTo = digest.length + name.length;
  }

  private void sized(byte[] value, boolean terminated) {
    number(value.length + (terminated ? 1 : 0));
    append(value);
    if (terminated) {
      append(new byte[1]);
    }
  }

  private void number(int value) {
    append(
        new byte[] {
          (byte) value, (byte) (value >>> 8), (byte) (value >>> 16), (byte) (value >>> 24)
        });
  }

  private void append(byte[] bytes) {
    int size = entry.dataSize + bytes.length;
    if (entry.data.length < size) {
      entry.data = Arrays.copyOf(entry.data, Math.max(size, 2 * entry.data.length));
    }
    System.arraycopy(bytes, 0, entry.data, entry.dataSize, bytes.length);
    entry.dataSize = size;
  }

  private static boolean isHex(String text) {
    return text.length() % 2 == 0 && text.chars().allMatch(HexFormat::isHexDigit);
  }

  private byte[] hex(String text) throws MalformedException {
    if (!isHex(text)) {
      throw malformed("hexadecimal digits", TemplateData.quoted(text));
    }
    return HEX.parseHex(text);
  }

  private MalformedException malformed(String expected, String found) {
    return ImaInput.malformed(entry.offset, expected + " in entry " + entry.index, found);
  }
}
