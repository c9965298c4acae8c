package org.shieldwall.protector;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.shieldwall.protector.ProtectorException.Code;

/**
 * What a release says beside its keys; sealed with them.
 *
 * @param state digest of the VM's sealed state as it must be (docs/formats.md, "Reports and
 *     leases"); empty if the service does not know it, as after a loss of power
 * @param lease how long the VM may run without a word of the service, from the moment before it was
 *     asked for; whole seconds
 * @param host what the service had verified of the host: beside the sealed part, which names its
 *     digest
 */
public record ReleaseTerms(Optional<Digest> state, Duration lease, ReleasedHost host) {
  static final int BYTES = Digest.BYTES + Long.BYTES + Digest.BYTES;

  public ReleaseTerms {
    lease = Duration.ofSeconds(lease.toSeconds());
  }

  /** {@return the terms of a release that nobody set any for: of the host nothing is known} */
  public static ReleaseTerms usual() {
    return usual(ReleasedHost.unknown());
  }

  /** {@return the usual terms for a host} */
  public static ReleaseTerms usual(ReleasedHost host) {
    return new ReleaseTerms(Optional.empty(), Duration.ofHours(1), host);
  }

  void putInto(byte[] plaintext, int offset) {
    byte[] digest = state.map(Digest::bytes).orElseGet(() -> new byte[Digest.BYTES]);
    ByteBuffer.wrap(plaintext, offset, BYTES)
        .put(digest)
        .putLong(lease.toSeconds())
        .put(host.digest().bytes());
  }

  /**
   * Reads them. Thirty-two zeros are the digest of nothing that is known, and stand for none.
   *
   * @param host what stood beside them
   */
  static ReleaseTerms of(byte[] bytes, ReleasedHost host) throws ProtectorException {
    byte[] digest = Arrays.copyOf(bytes, Digest.BYTES);
    boolean none = Arrays.equals(digest, new byte[Digest.BYTES]);
    long seconds = ByteBuffer.wrap(bytes, Digest.BYTES, Long.BYTES).getLong();
    byte[] named = Arrays.copyOfRange(bytes, Digest.BYTES + Long.BYTES, BYTES);
    if (!Arrays.equals(named, host.digest().bytes())) {
      throw new ProtectorException(
          Code.HOST_MISMATCH, "what is said of the host is not what the service had verified");
    }
    return new ReleaseTerms(
        none ? Optional.empty() : Optional.of(new Digest(B64u.encode(digest))),
        Duration.ofSeconds(Math.clamp(seconds, 0, Lease.MAX_SECONDS)),
        host);
  }
}
