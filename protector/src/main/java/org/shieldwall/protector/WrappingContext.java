package org.shieldwall.protector;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/**
 * What a wrapping is for. It is associated data of both locks, so that a wrapping cannot be moved
 * to another VM, generation, grant, holder or purpose.
 *
 * @param vm empty in shielding data
 */
record WrappingContext(
    Purpose purpose, Digest grant, Optional<UUID> vm, long generation, KeyId holder) {

  enum Purpose {
    /** A transport key, for the owner or a guardian. */
    TRANSPORT_KEY("transport-key", 32),
    /** The answer to a release request, for an enclave. */
    RELEASE("release", 128 + ReleaseTerms.BYTES);

    private final String id;
    private final int secretBytes;

    Purpose(String id, int secretBytes) {
      this.id = id;
      this.secretBytes = secretBytes;
    }

    int secretBytes() {
      return secretBytes;
    }
  }

  String text() {
    return String.join(
        " ",
        "shieldwall",
        "1",
        purpose.id,
        grant.text(),
        vm.map(UUID::toString).orElse("-"),
        String.valueOf(generation),
        holder.text());
  }

  byte[] bytes() {
    return text().getBytes(StandardCharsets.US_ASCII);
  }
}
