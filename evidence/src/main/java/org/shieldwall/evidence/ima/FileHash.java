package org.shieldwall.evidence.ima;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Names and lengths of the hashes that a list may use for files (kernel, {@code hash_info.c}). */
final class FileHash {
  private static final Map<String, Integer> SIZES =
      Map.ofEntries(
          Map.entry("md4", 16),
          Map.entry("md5", 16),
          Map.entry("rmd128", 16),
          Map.entry("tgr128", 16),
          Map.entry("sha1", 20),
          Map.entry("rmd160", 20),
          Map.entry("tgr160", 20),
          Map.entry("tgr192", 24),
          Map.entry("sha224", 28),
          Map.entry("sha256", 32),
          Map.entry("rmd256", 32),
          Map.entry("wp256", 32),
          Map.entry("sm3", 32),
          Map.entry("sm3-256", 32),
          Map.entry("sm3_256", 32),
          Map.entry("streebog256", 32),
          Map.entry("sha3-256", 32),
          Map.entry("rmd320", 40),
          Map.entry("sha384", 48),
          Map.entry("wp384", 48),
          Map.entry("sha3-384", 48),
          Map.entry("sha512", 64),
          Map.entry("wp512", 64),
          Map.entry("streebog512", 64),
          Map.entry("sha3-512", 64));

  private FileHash() {}

  /** {@return the digest's length in bytes, if the kernel has such a hash} */
  static OptionalInt size(String name) {
    return Optional.ofNullable(SIZES.get(name)).map(OptionalInt::of).orElseGet(OptionalInt::empty);
  }

  static boolean isSm3(String name) {
    return name.startsWith("sm3");
  }
}
