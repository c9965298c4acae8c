package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.LONG;
import static org.shieldwall.enclave.posix.SystemCall.POINTER;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/**
 * A connected unix stream socket that carries bytes and open descriptors (unix(7), SCM_RIGHTS),
 * every wait of which has a limit. The JDK's own socket channels can do neither.
 */
public final class UnixSocket implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_PEERCRED = 17;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int MSG_CTRUNC = 8;
  private static final short POLLIN = 1;
  private static final short POLLOUT = 4;
  private static final int CHUNK = 64 * 1024;
  private static final int CONTROL = 16 + 4 * 16;
  private static final int MAXIMUM_DESCRIPTORS = 16;

  private static final SystemCall SOCKET = SystemCall.of("socket", INT, INT, INT, INT);
  private static final SystemCall SOCKETPAIR =
      SystemCall.of("socketpair", INT, INT, INT, INT, POINTER);
  private static final SystemCall CONNECT = SystemCall.of("connect", INT, INT, POINTER, INT);
  private static final SystemCall SENDMSG = SystemCall.of("sendmsg", LONG, INT, POINTER, INT);
  private static final SystemCall RECVMSG = SystemCall.of("recvmsg", LONG, INT, POINTER, INT);
  private static final SystemCall SHUTDOWN = SystemCall.of("shutdown", INT, INT, INT);
  private static final SystemCall POLL = SystemCall.of("poll", INT, POINTER, LONG, INT);
  private static final SystemCall GETSOCKOPT =
      SystemCall.of("getsockopt", INT, INT, INT, INT, POINTER, POINTER);

  private final Descriptor descriptor;
  private final Queue<Descriptor> received = new ArrayDeque<>();

  /** Wraps a connected stream socket, which it then owns. */
  public UnixSocket(Descriptor descriptor) {
    this.descriptor = descriptor;
  }

  /** Two sockets connected to each other. */
  public record Pair(UnixSocket here, UnixSocket there) {}

  /** The process at the other end when it connected (unix(7), SO_PEERCRED). */
  public record Peer(int pid, int uid, int gid) {}

  /** {@return two sockets connected to each other} */
  public static Pair pair() throws SystemCallException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment numbers = arena.allocate(INT, 2);
      SOCKETPAIR.invoke(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, numbers);
      return new Pair(
          new UnixSocket(new Descriptor(numbers.getAtIndex(INT, 0))),
          new UnixSocket(new Descriptor(numbers.getAtIndex(INT, 1))));
    }
  }

  /** Connects to a listening socket. */
  public static UnixSocket connect(Path path) throws SystemCallException {
    Descriptor descriptor = newDescriptor();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = address(arena, path);
      CONNECT.invokeRestarting(descriptor.number(), address, (int) address.byteSize());
      return new UnixSocket(descriptor);
    } catch (SystemCallException e) {
      descriptor.close();
      throw e;
    }
  }

  static Descriptor newDescriptor() throws SystemCallException {
    return new Descriptor((int) SOCKET.invoke(AF_UNIX, SOCK_STREAM_CLOEXEC, 0));
  }

  /** struct sockaddr_un: family, then a path of at most 107 bytes and its 0. */
  static MemorySegment address(Arena arena, Path path) {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length > 107) {
      throw new IllegalArgumentException(
          "a socket's path has at most 107 bytes, this one has " + name.length);
    }
    MemorySegment address = arena.allocate(110);
    address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 2, name.length);
    return address;
  }

  /** Waits until {@code descriptor} is readable; {@return whether it is} */
  static boolean await(Descriptor descriptor, boolean writing, Duration limit)
      throws SystemCallException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment poll = arena.allocate(8, 4);
      poll.set(INT, 0, descriptor.number());
      poll.set(ValueLayout.JAVA_SHORT, 4, writing ? POLLOUT : POLLIN);
      long millis = Math.clamp(limit.toMillis(), 0, Integer.MAX_VALUE);
      return POLL.invokeRestarting(poll, 1L, (int) millis) > 0;
    }
  }

  /** {@return the descriptor, to hand this end to a child} */
  public Descriptor descriptor() {
    return descriptor;
  }

  /** {@return who is at the other end} */
  public Peer peer() throws SystemCallException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment credentials = arena.allocate(INT, 3);
      MemorySegment length = arena.allocate(INT);
      length.set(INT, 0, 12);
      GETSOCKOPT.invoke(descriptor.number(), SOL_SOCKET, SO_PEERCRED, credentials, length);
      return new Peer(
          credentials.getAtIndex(INT, 0),
          credentials.getAtIndex(INT, 1),
          credentials.getAtIndex(INT, 2));
    }
  }

  /** Sends all of {@code bytes}, the descriptors with the first of them. */
  public void send(byte[] bytes, List<Descriptor> descriptors, Duration limit) throws IOException {
    if (descriptors.size() > MAXIMUM_DESCRIPTORS) {
      throw new IllegalArgumentException("at most " + MAXIMUM_DESCRIPTORS + " descriptors");
    }
    long deadline = System.nanoTime() + limit.toNanos();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment chunk = arena.allocate(CHUNK);
      int done = 0;
      while (done < bytes.length) {
        waitFor(true, deadline);
        int length = Math.min(CHUNK, bytes.length - done);
        MemorySegment.copy(bytes, done, chunk, ValueLayout.JAVA_BYTE, 0, length);
        MemorySegment message =
            message(arena, chunk.asSlice(0, length), done == 0 ? descriptors : List.of());
        done += (int) SENDMSG.invokeRestarting(descriptor.number(), message, MSG_NOSIGNAL);
      }
      chunk.fill((byte) 0);
    }
  }

  /** Receives exactly {@code length} bytes, or throws {@link EOFException} or a timeout. */
  public byte[] receive(int length, Duration limit) throws IOException {
    byte[] bytes = new byte[length];
    long deadline = System.nanoTime() + limit.toNanos();
    int done = 0;
    while (done < length) {
      waitFor(false, deadline);
      int count = receiveSome(bytes, done, length - done);
      if (count == 0) {
        throw new EOFException("the other side closed after " + done + " of " + length + " bytes");
      }
      done += count;
    }
    return bytes;
  }

  /** Receives what is there, at most {@code length} bytes; {@return how many, 0 at the end} */
  public int receiveSome(byte[] target, int offset, int length) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment chunk = arena.allocate(Math.min(CHUNK, length));
      MemorySegment control = arena.allocate(CONTROL, 8);
      MemorySegment message = header(arena, chunk, control);
      int count = (int) RECVMSG.invokeRestarting(descriptor.number(), message, MSG_CMSG_CLOEXEC);
      takeDescriptors(control, message.get(LONG, 40));
      if ((message.get(INT, 48) & MSG_CTRUNC) != 0 || received.size() > MAXIMUM_DESCRIPTORS) {
        throw new IOException("more descriptors than are accepted");
      }
      MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, target, offset, count);
      chunk.fill((byte) 0);
      return count;
    }
  }

  /** Waits for bytes or the other side's end; {@return whether either is there in time} */
  public boolean awaitReadable(Duration limit) throws SystemCallException {
    return await(descriptor, false, limit);
  }

  /** {@return the descriptors that came so far and were not yet taken; the caller closes them} */
  public List<Descriptor> takeDescriptors() {
    List<Descriptor> all = List.copyOf(received);
    received.clear();
    return all;
  }

  /** Ends the conversation in both directions, so that whoever waits on it wakes. */
  public void shutdown() {
    try {
      SHUTDOWN.invoke(descriptor.number(), 2);
    } catch (SystemCallException | IllegalStateException e) {
      // Not connected any more, which is what is wanted.
    }
  }

  @Override
  public void close() {
    received.forEach(Descriptor::close);
    received.clear();
    descriptor.close();
  }

  private void waitFor(boolean writing, long deadline) throws IOException {
    Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    if (!await(descriptor, writing, left)) {
      throw new SocketTimeoutException(
          "the other side did not " + (writing ? "read" : "answer") + " in time");
    }
  }

  private static MemorySegment message(
      Arena arena, MemorySegment chunk, List<Descriptor> descriptors) {
    if (descriptors.isEmpty()) {
      return header(arena, chunk, MemorySegment.NULL);
    }
    // struct cmsghdr: length (8), level (4), type (4), then the numbers, padded to 8.
    long length = 16 + 4L * descriptors.size();
    MemorySegment control = arena.allocate((length + 7) / 8 * 8, 8);
    control.set(LONG, 0, length);
    control.set(INT, 8, SOL_SOCKET);
    control.set(INT, 12, SCM_RIGHTS);
    for (int i = 0; i < descriptors.size(); i++) {
      control.set(INT, 16 + 4L * i, descriptors.get(i).number());
    }
    return header(arena, chunk, control);
  }

  /** struct msghdr: name, its length, vectors, their count, control, its length, flags. */
  private static MemorySegment header(Arena arena, MemorySegment chunk, MemorySegment control) {
    MemorySegment vector = arena.allocate(16, 8);
    vector.set(POINTER, 0, chunk);
    vector.set(LONG, 8, chunk.byteSize());
    MemorySegment header = arena.allocate(56, 8);
    header.set(POINTER, 16, vector);
    header.set(LONG, 24, 1);
    header.set(POINTER, 32, control);
    header.set(LONG, 40, control.byteSize());
    return header;
  }

  private void takeDescriptors(MemorySegment control, long length) {
    long offset = 0;
    while (offset + 16 <= length) {
      long size = control.get(LONG, offset);
      if (size < 16 || offset + size > length) {
        return;
      }
      if (control.get(INT, offset + 8) == SOL_SOCKET
          && control.get(INT, offset + 12) == SCM_RIGHTS) {
        for (long at = offset + 16; at + 4 <= offset + size; at += 4) {
          received.add(new Descriptor(control.get(INT, at)));
        }
      }
      offset += (size + 7) / 8 * 8;
    }
  }
}
