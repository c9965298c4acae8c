package org.shieldwall.protector;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/** Base64url without padding (RFC 4648, section 5), in its one canonical form. */
public final class B64u {
  private B64u() {}

  public static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /**
   * {@return the bytes, or nothing if the text is not canonical}: foreign characters, padding, or
   * unused bits that are not zero. Two texts for the same bytes would let a document be altered
   * without its content changing.
   */
  public static Optional<byte[]> decode(String text) {
    return decode(text.getBytes(StandardCharsets.UTF_8));
  }

  static Optional<byte[]> decode(byte[] text) {
    int rest = text.length % 4;
    if (rest == 1 || (text.length > 0 && text[text.length - 1] == '=')) {
      return Optional.empty();
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (rest != 0) {
      byte[] tail = Arrays.copyOfRange(bytes, bytes.length - (rest - 1), bytes.length);
      byte[] canonical = Base64.getUrlEncoder().withoutPadding().encode(tail);
      if (!Arrays.equals(canonical, 0, rest, text, text.length - rest, text.length)) {
        Arrays.fill(bytes, (byte) 0);
        return Optional.empty();
      }
    }
    return Optional.of(bytes);
  }
}
