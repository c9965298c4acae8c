package org.shieldwall.hgs.store;

import java.util.Optional;
import org.shieldwall.tpm.Bytes;

/**
 * A large part of something, packed when that is needed and not before.
 *
 * @param bytes as it is
 * @param digest SHA-256 of that, hexadecimal
 * @param packing packed; nothing if that has not been needed yet
 */
record PackedPart(Bytes bytes, String digest, Optional<Bytes> packing) {
  static PackedPart of(Bytes bytes) {
    return new PackedPart(bytes, Pieces.digest(bytes), Optional.empty());
  }

  PackedPart packed() {
    return packing.isPresent()
        ? this
        : new PackedPart(bytes, digest, Optional.of(Pieces.packed(bytes)));
  }

  long size() {
    return bytes.length();
  }

  /** {@return what is stored} */
  byte[] content() {
    return packing.orElseGet(() -> Pieces.packed(bytes)).toArray();
  }

  /** {@return whether it takes no more than this; what is kept already does not} */
  boolean isAtMost(long most) {
    return packing.isEmpty() || packing.get().length() <= most;
  }
}
