package org.shieldwall.protector;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a release says beside its keys; sealed with them.
 *
 * @param state digest of the VM's sealed state as it must be (docs/formats.md, "Reports and
 *     leases"); empty if the service does not know it, as after a loss of power
 * @param lease how long the VM may run without a word of the service, from the moment before it was
 *     asked for; whole seconds
 */
public record ReleaseTerms(Optional<Digest> state, Duration lease) {
  static final int BYTES = Digest.BYTES + Long.BYTES;

  public ReleaseTerms {
    lease = Duration.ofSeconds(lease.toSeconds());
  }

  /** {@return the terms of a release that nobody set any for} */
  public static ReleaseTerms usual() {
    return new ReleaseTerms(Optional.empty(), Duration.ofHours(1));
  }

  void putInto(byte[] plaintext, int offset) {
    byte[] digest = state.map(Digest::bytes).orElseGet(() -> new byte[Digest.BYTES]);
    ByteBuffer.wrap(plaintext, offset, BYTES).put(digest).putLong(lease.toSeconds());
  }

  /** Thirty-two zeros are the digest of nothing that is known, and stand for none. */
  static ReleaseTerms of(byte[] bytes) {
    byte[] digest = Arrays.copyOf(bytes, Digest.BYTES);
    boolean none = Arrays.equals(digest, new byte[Digest.BYTES]);
    long seconds = ByteBuffer.wrap(bytes, Digest.BYTES, Long.BYTES).getLong();
    return new ReleaseTerms(
        none ? Optional.empty() : Optional.of(new Digest(B64u.encode(digest))),
        Duration.ofSeconds(Math.clamp(seconds, 0, Lease.MAX_SECONDS)));
  }
}
