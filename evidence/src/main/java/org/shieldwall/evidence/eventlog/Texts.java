package org.shieldwall.evidence.eventlog;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;

/** Texts in measured data. Whoever made the log chose them: none reaches a terminal unchanged. */
final class Texts {
  /** Longest text shown; the kernel's own limit for a command line is 2048. */
  private static final int LONGEST = 8192;

  private Texts() {}

  /** {@return the text in UTF-16, as boot loaders for UEFI measure it, if it is one} */
  static Optional<String> utf16(Bytes data) {
    int length = data.length() & ~1;
    if (length == 0) {
      return Optional.empty();
    }
    return decode(data.slice(0, length), StandardCharsets.UTF_16LE).map(Texts::withoutTerminator);
  }

  /** {@return the text in ASCII or UTF-8, if it is one} */
  static Optional<String> utf8(Bytes data) {
    return decode(data, StandardCharsets.UTF_8).map(Texts::withoutTerminator);
  }

  /** UTF-16 has a zero in every second byte of the plain text that boot loaders use. */
  static boolean looksLikeUtf16(Bytes data) {
    return data.length() >= 2 && data.at(0) != 0 && data.at(1) == 0;
  }

  private static Optional<String> decode(Bytes data, Charset charset) {
    try {
      CharBuffer text = charset.newDecoder().decode(ByteBuffer.wrap(data.toArray()));
      return Optional.of(printable(text.toString()));
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  static String withoutTerminator(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == 0) {
      end--;
    }
    return text.substring(0, end);
  }

  /** {@return {@code text} with control characters, but for the terminator, shown as {@code ?}} */
  private static String printable(String text) {
    int length = Math.min(text.length(), LONGEST);
    char[] shown = new char[length];
    text.getChars(0, length, shown, 0);
    boolean altered = length < text.length();
    for (int i = 0; i < length; i++) {
      if (isControl(shown[i])) {
        shown[i] = '?';
        altered = true;
      }
    }
    return altered ? new String(shown) : text;
  }

  private static boolean isControl(char c) {
    return Character.isISOControl(c) && c != 0 && c != '\n' && c != '\t';
  }
}
