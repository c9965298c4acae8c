package org.shieldwall.protector;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/**
 * The plaintext of shielding data. It is JSON in one exact form, without white space or escapes,
 * and is read byte by byte into off-heap secrets: a general parser would leave the owner's secrets
 * in strings that cannot be erased.
 */
final class SeedFiles {
  static final int MAX_FILES = 32;
  private static final byte[] START = ascii("{\"files\":[");
  private static final byte[] NAME = ascii("{\"name\":\"");
  private static final byte[] CONTENT = ascii("\",\"content\":\"");
  private static final byte[] END_OF_FILE = ascii("\"}");
  private static final byte[] END = ascii("]}");

  private final byte[] bytes;
  private int at;

  private SeedFiles(byte[] bytes) {
    this.bytes = bytes;
  }

  /** {@return the plaintext}, which the caller zeroes. */
  static byte[] write(List<SeedFile> files) {
    Set<String> names = new HashSet<>();
    int size = START.length + END.length + files.size();
    for (SeedFile file : files) {
      if (!names.add(file.name().toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException("two seed files are named " + file.name());
      }
      size += NAME.length + file.name().length() + CONTENT.length + END_OF_FILE.length;
      size += 4 * (file.content().length() / 3 + 1);
    }
    if (files.isEmpty() || files.size() > MAX_FILES) {
      throw new IllegalArgumentException("1 to " + MAX_FILES + " seed files");
    }
    byte[] out = new byte[size];
    int at = put(START, out, 0);
    for (int i = 0; i < files.size(); i++) {
      if (i > 0) {
        out[at++] = ',';
      }
      at = put(NAME, out, at);
      at = put(ascii(files.get(i).name()), out, at);
      at = put(CONTENT, out, at);
      at = putContent(files.get(i), out, at);
      at = put(END_OF_FILE, out, at);
    }
    at = put(END, out, at);
    byte[] exact = Arrays.copyOf(out, at);
    Arrays.fill(out, (byte) 0);
    return exact;
  }

  /** Reads the plaintext; errors say where, and never what stands there. */
  static List<SeedFile> read(byte[] bytes, SecretArena arena) throws ProtectorException {
    SeedFiles reader = new SeedFiles(bytes);
    List<SeedFile> files = new ArrayList<>();
    try {
      reader.files(files, arena);
      return List.copyOf(files);
    } catch (ProtectorException e) {
      files.forEach(SeedFile::close);
      throw e;
    }
  }

  private void files(List<SeedFile> files, SecretArena arena) throws ProtectorException {
    Set<String> names = new HashSet<>();
    expect(START);
    do {
      expect(NAME);
      String name = new String(untilQuote(SeedFile.MAX_NAME), StandardCharsets.US_ASCII);
      if (!SeedFile.isName(name) || !names.add(name.toLowerCase(Locale.ROOT))) {
        throw malformed("a file's name, used once");
      }
      expect(CONTENT);
      files.add(new SeedFile(name, content(arena)));
      expect(END_OF_FILE);
    } while (comma(files.size()));
    expect(END);
    if (at != bytes.length) {
      throw malformed("the end");
    }
  }

  private SecretBytes content(SecretArena arena) throws ProtectorException {
    byte[] text = untilQuote(bytes.length);
    try {
      byte[] content = B64u.decode(text).orElseThrow(() -> malformed("base64url"));
      if (content.length == 0) {
        throw malformed("a file that is not empty");
      }
      return SecretBytes.takeFrom(arena, content);
    } finally {
      Arrays.fill(text, (byte) 0);
    }
  }

  private boolean comma(int files) throws ProtectorException {
    if (at < bytes.length && bytes[at] == ',') {
      if (files == MAX_FILES) {
        throw malformed("at most " + MAX_FILES + " files");
      }
      at++;
      return true;
    }
    return false;
  }

  /** The bytes up to the next quotation mark, which stays. */
  private byte[] untilQuote(int max) throws ProtectorException {
    int end = at;
    while (end < bytes.length && bytes[end] != '"') {
      end++;
    }
    if (end == bytes.length || end - at > max) {
      throw malformed("a shorter text that ends");
    }
    byte[] text = Arrays.copyOfRange(bytes, at, end);
    at = end;
    return text;
  }

  private void expect(byte[] text) throws ProtectorException {
    int end = at + text.length;
    if (end > bytes.length || !Arrays.equals(bytes, at, end, text, 0, text.length)) {
      throw malformed(new String(text, StandardCharsets.US_ASCII));
    }
    at = end;
  }

  private ProtectorException malformed(String expected) {
    return new ProtectorException(
        Code.MALFORMED, "shielding data's files at byte " + at + ": expected " + expected);
  }

  private static int putContent(SeedFile file, byte[] out, int at) {
    return file.content()
        .expose(
            SecretAccess.because("a seed file to be encrypted"),
            content -> {
              byte[] text = Base64.getUrlEncoder().withoutPadding().encode(content);
              int end = put(text, out, at);
              Arrays.fill(text, (byte) 0);
              return end;
            });
  }

  private static int put(byte[] text, byte[] out, int at) {
    System.arraycopy(text, 0, out, at, text.length);
    return at + text.length;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
