package org.shieldwall.protector.secret;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Objects;

/**
 * A secret of fixed length outside the Java heap, zeroed when closed. It never shows its content in
 * {@code toString}, has no {@code equals} that could leak by its timing, and is not serializable.
 *
 * <p>Safe for use by several threads. After {@link #close} every use is an {@link
 * IllegalStateException}.
 */
public final class SecretBytes implements AutoCloseable {
  /** What is done with a secret while it is exposed. */
  @FunctionalInterface
  public interface Use<S, T, E extends Exception> {
    /** Uses {@code secret}, without keeping it. */
    T with(S secret) throws E;
  }

  private final SecretArena arena;
  private final SecretArena.Region region;
  private final int length;
  private boolean closed;

  private SecretBytes(SecretArena arena, int length) {
    if (length < 1) {
      throw new IllegalArgumentException("a secret has at least one byte");
    }
    this.arena = arena;
    this.length = length;
    this.region = arena.allocate(length);
    if (region.bytes().byteSize() != length) {
      throw new IllegalArgumentException("the arena gave " + region.bytes().byteSize() + " bytes");
    }
  }

  /** {@return a new random secret} */
  public static SecretBytes random(SecretArena arena, int length, SecureRandom random) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return takeFrom(arena, bytes);
  }

  /** {@return a secret of these bytes}, which are zeroed in the array given. */
  public static SecretBytes takeFrom(SecretArena arena, byte[] bytes) {
    try {
      SecretBytes secret = new SecretBytes(arena, bytes.length);
      MemorySegment.copy(bytes, 0, secret.region.bytes(), ValueLayout.JAVA_BYTE, 0, bytes.length);
      return secret;
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /** {@return how many bytes} */
  public int length() {
    return length;
  }

  /**
   * Gives {@code use} a copy on the heap and zeroes it afterwards. What {@code use} returns must
   * not hold the array.
   */
  public <T, E extends Exception> T expose(SecretAccess access, Use<byte[], T, E> use) throws E {
    Objects.requireNonNull(access);
    byte[] copy = copyToHeap();
    try {
      return use.with(copy);
    } finally {
      Arrays.fill(copy, (byte) 0);
    }
  }

  /** Copies the content into {@code out} at {@code at}, for the caller to zero. */
  public synchronized void exposeInto(SecretAccess access, byte[] out, int at) {
    Objects.requireNonNull(access);
    MemorySegment.copy(open(), ValueLayout.JAVA_BYTE, 0, out, at, length);
  }

  /**
   * Gives {@code use} the memory itself, read-only: for native calls, and to write it to a
   * descriptor without a copy on the heap. The memory must not be used after {@code use} returns.
   */
  public synchronized <T, E extends Exception> T exposeMemory(
      SecretAccess access, Use<MemorySegment, T, E> use) throws E {
    Objects.requireNonNull(access);
    return use.with(open().asReadOnly());
  }

  /** {@return a new secret of {@code count} bytes of this one from {@code offset}} */
  public synchronized SecretBytes slice(int offset, int count) {
    Objects.checkFromIndexSize(offset, count, length);
    SecretBytes slice = new SecretBytes(arena, count);
    slice.region.bytes().copyFrom(open().asSlice(offset, count));
    return slice;
  }

  /** {@return the 32-byte key for {@code label}, derived from this transport key} */
  public SecretBytes derive(KeyLabel label) {
    return Hkdf.derive(this, new byte[0], label.info(), 32);
  }

  /** {@return whether both hold the same bytes}, in a time that depends on the length only. */
  public boolean sameAs(SecretBytes other) {
    byte[] mine = copyToHeap();
    byte[] theirs = other.copyToHeap();
    try {
      return MessageDigest.isEqual(mine, theirs);
    } finally {
      Arrays.fill(mine, (byte) 0);
      Arrays.fill(theirs, (byte) 0);
    }
  }

  /** Zeroes the memory and gives it back. A second call does nothing. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      region.bytes().fill((byte) 0);
      region.release().run();
    }
  }

  @Override
  public String toString() {
    return "SecretBytes[" + length + " bytes]";
  }

  SecretArena arena() {
    return arena;
  }

  private synchronized byte[] copyToHeap() {
    return open().toArray(ValueLayout.JAVA_BYTE);
  }

  private MemorySegment open() {
    if (closed) {
      throw new IllegalStateException("the secret has been closed");
    }
    return region.bytes();
  }
}
