package org.shieldwall.protector.state;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.protector.secret.AesGcm;
import org.shieldwall.protector.secret.Hkdf;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protector.state.StateException.Problem;

/**
 * The beginning of a container, and the keys that follow from it. All numbers are big-endian: magic
 * (8 bytes), kind (2), 0 (2), bytes in a segment (4), VM (16), generation (8), sequence (8), salt
 * (32); then the 32 bytes that commit to the key, without which AES-GCM would let one ciphertext
 * open under two keys.
 */
final class StateHeader {
  static final int BYTES = 80;
  static final int COMMITMENT = 32;
  static final int SEGMENT_HEAD = 12;

  /** Of a segment's length, the bit that says it is the last. */
  static final int LAST = 1 << 31;

  static final int SMALLEST_SEGMENT = 4 << 10;
  static final int LARGEST_SEGMENT = 4 << 20;

  private static final byte[] MAGIC = "SWSTAT1\n".getBytes(StandardCharsets.US_ASCII);
  private static final int SALT = 32;
  private static final byte[] INFO =
      "shieldwall state container".getBytes(StandardCharsets.US_ASCII);

  private final StateIdentity identity;
  private final int segmentBytes;
  private final byte[] bytes;

  private StateHeader(StateIdentity identity, int segmentBytes, byte[] bytes) {
    this.identity = identity;
    this.segmentBytes = segmentBytes;
    this.bytes = bytes;
  }

  static StateHeader create(StateIdentity identity, int segmentBytes, SecureRandom random) {
    if (!possible(segmentBytes)) {
      throw new IllegalArgumentException("segments of " + segmentBytes + " bytes");
    }
    byte[] salt = new byte[SALT];
    random.nextBytes(salt);
    byte[] bytes =
        ByteBuffer.allocate(BYTES)
            .put(MAGIC)
            .putShort((short) identity.kind().number())
            .putShort((short) 0)
            .putInt(segmentBytes)
            .putLong(identity.vm().getMostSignificantBits())
            .putLong(identity.vm().getLeastSignificantBits())
            .putLong(identity.generation())
            .putLong(identity.sequence())
            .put(salt)
            .array();
    return new StateHeader(identity, segmentBytes, bytes);
  }

  /** Reads a header, of which nothing is known to be true until the commitment has been checked. */
  static StateHeader untrusted(byte[] bytes) throws StateException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    byte[] magic = new byte[MAGIC.length];
    buffer.get(magic);
    Optional<StateKind> kind = StateKind.numbered(buffer.getShort());
    short reserved = buffer.getShort();
    int segmentBytes = buffer.getInt();
    UUID vm = new UUID(buffer.getLong(), buffer.getLong());
    long generation = buffer.getLong();
    long sequence = buffer.getLong();
    if (!Arrays.equals(magic, MAGIC)
        || kind.isEmpty()
        || reserved != 0
        || !possible(segmentBytes)
        || generation < 0
        || sequence < 0) {
      throw new StateException(Problem.NOT_A_CONTAINER, "its header is none that is written");
    }
    return new StateHeader(
        new StateIdentity(kind.get(), vm, generation, sequence), segmentBytes, bytes);
  }

  private static boolean possible(int segmentBytes) {
    return segmentBytes >= SMALLEST_SEGMENT
        && segmentBytes <= LARGEST_SEGMENT
        && Integer.bitCount(segmentBytes) == 1;
  }

  /** Refuses what is not wanted by what it says of itself: the better answer than a wrong key. */
  void require(StateIdentity wanted) throws StateException {
    if (identity.kind() != wanted.kind()) {
      throw new StateException(
          Problem.OTHER_KIND, "expected " + wanted.kind() + ", found " + identity.kind());
    }
    if (!identity.vm().equals(wanted.vm())) {
      throw new StateException(
          Problem.OTHER_VM, "expected " + wanted.vm() + ", found " + identity.vm());
    }
    compare("generation", wanted.generation(), identity.generation());
    compare("sequence", wanted.sequence(), identity.sequence());
  }

  private static void compare(String what, long wanted, long found) throws StateException {
    if (wanted != found) {
      throw new StateException(
          found < wanted ? Problem.OLD : Problem.LATER,
          "expected " + what + " " + wanted + ", found " + found);
    }
  }

  int segmentBytes() {
    return segmentBytes;
  }

  byte[] bytes() {
    return bytes.clone();
  }

  /** {@return the keys of this container}, which the caller closes. */
  Keys keys(SecretBytes root) {
    byte[] info = ByteBuffer.allocate(INFO.length + BYTES).put(INFO).put(bytes).array();
    byte[] salt = Arrays.copyOfRange(bytes, BYTES - SALT, BYTES);
    try (SecretBytes both = Hkdf.derive(root, salt, info, 64);
        SecretBytes commitment = both.slice(32, COMMITMENT)) {
      return new Keys(
          both.slice(0, 32),
          commitment.expose(
              SecretAccess.because("commitment to a container's key, which is public"),
              byte[]::clone),
          sha256(bytes));
    }
  }

  /** The key of one container, what commits to it, and the digest of the header. */
  static final class Keys implements AutoCloseable {
    private final SecretBytes key;
    private final byte[] commitment;
    private final byte[] digest;

    private Keys(SecretBytes key, byte[] commitment, byte[] digest) {
      this.key = key;
      this.commitment = commitment;
      this.digest = digest;
    }

    byte[] commitment() {
      return commitment.clone();
    }

    /** The head of segment {@code number}: its number and its length with the last bit. */
    static byte[] head(long number, int length, boolean last) {
      return ByteBuffer.allocate(SEGMENT_HEAD)
          .putLong(number)
          .putInt(last ? length | LAST : length)
          .array();
    }

    void seal(byte[] head, ByteBuffer plain, ByteBuffer sealed) {
      AesGcm.seal(key, initialValue(head), associatedData(head), plain, sealed);
    }

    void open(byte[] head, ByteBuffer sealed, ByteBuffer plain)
        throws javax.crypto.AEADBadTagException {
      AesGcm.open(key, initialValue(head), associatedData(head), sealed, plain);
    }

    /** The segment's number: unique, because the key belongs to this container alone. */
    private static byte[] initialValue(byte[] head) {
      return ByteBuffer.allocate(AesGcm.IV_BYTES).putInt(0).put(head, 0, 8).array();
    }

    private byte[] associatedData(byte[] head) {
      return ByteBuffer.allocate(digest.length + head.length).put(digest).put(head).array();
    }

    @Override
    public void close() {
      key.close();
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }
}
