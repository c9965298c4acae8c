package org.shieldwall.protector.state;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.security.SecureRandom;
import java.util.function.LongConsumer;
import org.shieldwall.protector.secret.AesGcm;
import org.shieldwall.protector.secret.SecretBytes;

/**
 * Writes a container: what is written to it goes out in segments as it comes, with two segments'
 * worth of memory outside the heap however long it is. Until {@link #finish} has returned it is one
 * that readers refuse as truncated.
 *
 * <p>For one thread. Neither end is closed by it.
 */
public final class StateWriter implements WritableByteChannel {
  /** Bytes of content in a segment where nobody asks for another number. */
  public static final int SEGMENT = 1 << 20;

  private final WritableByteChannel out;
  private final StateHeader.Keys keys;
  private final ByteBuffer plain;
  private final ByteBuffer sealed;
  private long number;
  private long written;
  private boolean finished;
  private boolean closed;

  /**
   * Writes the header.
   *
   * @param root the transport key's derived key of the kind's label; not kept
   */
  public StateWriter(
      WritableByteChannel out, SecretBytes root, StateIdentity identity, SecureRandom random)
      throws IOException {
    this(out, root, identity, SEGMENT, random);
  }

  /**
   * The same with segments of another size.
   *
   * @param segmentBytes a power of two from 4 KiB to 4 MiB
   */
  public StateWriter(
      WritableByteChannel out,
      SecretBytes root,
      StateIdentity identity,
      int segmentBytes,
      SecureRandom random)
      throws IOException {
    this.out = out;
    StateHeader header = StateHeader.create(identity, segmentBytes, random);
    this.keys = header.keys(root);
    this.plain = ByteBuffer.allocateDirect(segmentBytes);
    this.sealed =
        ByteBuffer.allocateDirect(StateHeader.SEGMENT_HEAD + segmentBytes + AesGcm.TAG_BYTES);
    sealed.put(header.bytes()).put(keys.commitment());
    drain();
  }

  /** {@return the container that holds {@code content}} */
  public static byte[] seal(
      byte[] content, SecretBytes root, StateIdentity identity, SecureRandom random) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(content.length + 1024);
    try (StateWriter writer = new StateWriter(Channels.newChannel(bytes), root, identity, random)) {
      int _ = writer.write(ByteBuffer.wrap(content));
      writer.finish();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory", e);
    }
  }

  /** Takes all that remains in {@code content}. */
  @Override
  public int write(ByteBuffer content) throws IOException {
    requireOpen();
    int all = content.remaining();
    while (content.hasRemaining()) {
      makeRoom();
      int count = Math.min(plain.remaining(), content.remaining());
      plain.put(content.slice(content.position(), count));
      content.position(content.position() + count);
    }
    return all;
  }

  /**
   * Takes all of {@code in}, to its end, without another copy of it.
   *
   * @param progress told how many bytes of content have gone out so far, after each segment
   */
  public void transferFrom(ReadableByteChannel in, LongConsumer progress) throws IOException {
    requireOpen();
    while (true) {
      if (!plain.hasRemaining()) {
        makeRoom();
        progress.accept(written);
      }
      if (in.read(plain) < 0) {
        return;
      }
    }
  }

  /** Sends what has been taken so far, as a segment of its own. */
  public void flush() throws IOException {
    requireOpen();
    if (plain.position() > 0) {
      segment(false);
    }
  }

  /** Writes the last segment, without which the container is no whole one. */
  public void finish() throws IOException {
    requireOpen();
    segment(true);
    finished = true;
  }

  /** {@return how many bytes of content have gone out} */
  public long written() {
    return written;
  }

  // A full segment is held back until more comes: it may be the last.
  private void makeRoom() throws IOException {
    if (!plain.hasRemaining()) {
      segment(false);
    }
  }

  private void segment(boolean last) throws IOException {
    plain.flip();
    int length = plain.remaining();
    byte[] head = StateHeader.Keys.head(number, length, last);
    sealed.put(head);
    keys.seal(head, plain, sealed);
    plain.clear();
    drain();
    number++;
    written += length;
  }

  private void drain() throws IOException {
    sealed.flip();
    while (sealed.hasRemaining()) {
      int _ = out.write(sealed);
    }
    sealed.clear();
  }

  private void requireOpen() {
    if (finished || closed) {
      throw new IllegalStateException("the container is finished or closed");
    }
  }

  @Override
  public boolean isOpen() {
    return !finished && !closed;
  }

  /** Forgets key and content. What was not finished stays without its end. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      keys.close();
      Buffers.zero(plain);
    }
  }
}
