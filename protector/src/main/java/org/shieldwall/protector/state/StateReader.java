package org.shieldwall.protector.state;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.function.LongConsumer;
import javax.crypto.AEADBadTagException;
import org.shieldwall.protector.secret.AesGcm;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protector.state.StateException.Problem;

/**
 * Reads a container. What it gives out is what was written, from the beginning and in order; that
 * it is <em>all</em> that was written is known only when the end has been reached, so nothing may
 * be done with it before that cannot be undone.
 *
 * <p>For one thread; two segments' worth of memory outside the heap. Neither end is closed by it.
 */
public final class StateReader implements ReadableByteChannel {
  private final ReadableByteChannel in;
  private final int segmentBytes;
  private final StateHeader.Keys keys;
  private final ByteBuffer plain;
  private final ByteBuffer sealed;
  private long number;
  private long taken;
  private boolean ended;
  private boolean closed;

  /**
   * Reads the header and checks it.
   *
   * @param root the transport key's derived key of the kind's label; not kept
   * @param wanted what the container must be
   * @throws StateException if it is not
   */
  public StateReader(ReadableByteChannel in, SecretBytes root, StateIdentity wanted)
      throws IOException {
    this.in = in;
    StateHeader header =
        StateHeader.untrusted(receive(ByteBuffer.allocate(StateHeader.BYTES), "header").array());
    header.require(wanted);
    byte[] commitment =
        receive(ByteBuffer.allocate(StateHeader.COMMITMENT), "commitment to the key").array();
    this.segmentBytes = header.segmentBytes();
    this.keys = header.keys(root);
    if (!MessageDigest.isEqual(commitment, keys.commitment())) {
      keys.close();
      throw new StateException(
          Problem.FOREIGN_KEY, "it does not belong to " + wanted.kind() + " of this VM's key");
    }
    this.plain = ByteBuffer.allocateDirect(segmentBytes).limit(0);
    this.sealed = ByteBuffer.allocateDirect(segmentBytes + AesGcm.TAG_BYTES);
  }

  /** {@return all of the content of {@code file}, of at most {@code limit} bytes} */
  public static byte[] open(byte[] file, SecretBytes root, StateIdentity wanted, int limit)
      throws StateException {
    try (StateReader reader =
        new StateReader(Channels.newChannel(new ByteArrayInputStream(file)), root, wanted)) {
      return reader.contents(limit);
    } catch (StateException e) {
      throw e;
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  /** {@return all of the content, to the end of the file, of at most {@code limit} bytes} */
  public byte[] contents(int limit) throws IOException {
    byte[] all = new byte[Math.min(limit, segmentBytes)];
    int length = 0;
    while (next()) {
      int count = plain.remaining();
      if (count > limit - length) {
        Arrays.fill(all, (byte) 0);
        throw new StateException(Problem.TOO_LARGE, "expected at most " + limit + " bytes");
      }
      if (length + count > all.length) {
        byte[] larger = Arrays.copyOf(all, Math.min(limit, 2 * (length + count)));
        Arrays.fill(all, (byte) 0);
        all = larger;
      }
      plain.get(all, length, count);
      length += count;
    }
    requireEnd();
    if (length == all.length) {
      return all;
    }
    byte[] exact = Arrays.copyOf(all, length);
    Arrays.fill(all, (byte) 0);
    return exact;
  }

  /** Gives out content; {@return how many bytes, or -1 when all of it has been given out} */
  @Override
  public int read(ByteBuffer target) throws IOException {
    if (!target.hasRemaining()) {
      return 0;
    }
    if (!next()) {
      return -1;
    }
    int count = Math.min(target.remaining(), plain.remaining());
    target.put(plain.slice(plain.position(), count));
    plain.position(plain.position() + count);
    return count;
  }

  /**
   * Gives all of the content to {@code out}, which is told nothing of the end.
   *
   * @param progress told how many bytes of content {@code out} has taken, after each segment
   */
  public void transferTo(WritableByteChannel out, LongConsumer progress) throws IOException {
    while (next()) {
      while (plain.hasRemaining()) {
        int _ = out.write(plain);
      }
      progress.accept(taken);
    }
  }

  /** Refuses a file that goes on behind its end. */
  public void requireEnd() throws IOException {
    if (!ended) {
      throw new IllegalStateException("the content has not been read to its end");
    }
    if (in.read(ByteBuffer.allocate(1)) > 0) {
      throw new StateException(Problem.APPENDED, "expected its end behind segment " + (number - 1));
    }
  }

  /** {@return whether there is content in {@link #plain}, which is filled if need be} */
  private boolean next() throws IOException {
    if (closed) {
      throw new IllegalStateException("the reader is closed");
    }
    while (!plain.hasRemaining() && !ended) {
      segment();
    }
    return plain.hasRemaining();
  }

  private void segment() throws IOException {
    byte[] head =
        receive(ByteBuffer.allocate(StateHeader.SEGMENT_HEAD), "head of segment " + number).array();
    ByteBuffer fields = ByteBuffer.wrap(head);
    long found = fields.getLong();
    if (found != number) {
      throw new StateException(
          Problem.OUT_OF_ORDER, "expected segment " + number + ", found " + found);
    }
    int length = fields.getInt();
    boolean last = (length & StateHeader.LAST) != 0;
    length &= ~StateHeader.LAST;
    if (length > segmentBytes) {
      throw new StateException(
          Problem.ALTERED, "segment " + number + " is said to have " + length + " bytes");
    }
    ByteBuffer _ = receive(sealed.clear().limit(length + AesGcm.TAG_BYTES), "segment " + number);
    plain.clear();
    try {
      keys.open(head, sealed.flip(), plain);
    } catch (AEADBadTagException e) {
      plain.limit(0);
      throw new StateException(
          Problem.ALTERED, "segment " + number + " is not the one that was written there");
    }
    plain.flip();
    taken += length;
    number++;
    ended = last;
  }

  private ByteBuffer receive(ByteBuffer target, String what) throws IOException {
    while (target.hasRemaining()) {
      if (in.read(target) < 0) {
        throw new StateException(
            Problem.TRUNCATED,
            "expected "
                + target.remaining()
                + " more bytes of the "
                + what
                + ", found the end of the file");
      }
    }
    return target;
  }

  @Override
  public boolean isOpen() {
    return !closed;
  }

  /** Forgets key and content. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      keys.close();
      Buffers.zero(plain);
    }
  }
}
