package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.LONG;
import static org.shieldwall.enclave.posix.SystemCall.POINTER;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;

/** An open file descriptor of this process, closed on exec unless it is handed to a child. */
public final class Descriptor implements AutoCloseable {
  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final int F_SETPIPE_SZ = 1031;
  private static final int WIDE = 1 << 20;
  private static final int O_CLOEXEC = 0x80000;
  private static final int MFD_CLOEXEC = 1;

  private static final SystemCall OPEN = SystemCall.variadic("open", 2, INT, POINTER, INT, INT);
  private static final SystemCall CLOSE = SystemCall.of("close", INT, INT);
  private static final SystemCall FCNTL = SystemCall.variadic("fcntl", 2, INT, INT, INT, INT);
  private static final SystemCall PIPE2 = SystemCall.of("pipe2", INT, POINTER, INT);
  private static final SystemCall MEMFD = SystemCall.of("memfd_create", INT, POINTER, INT);
  private static final SystemCall WRITE = SystemCall.of("write", LONG, INT, POINTER, LONG);
  private static final SystemCall READ = SystemCall.of("read", LONG, INT, POINTER, LONG);
  private static final SystemCall PREAD = SystemCall.of("pread", LONG, INT, POINTER, LONG, LONG);
  private static final SystemCall IOCTL = SystemCall.variadic("ioctl", 2, INT, INT, LONG, POINTER);

  private final int number;
  private final AtomicBoolean open = new AtomicBoolean(true);

  Descriptor(int number) {
    this.number = number;
  }

  /** How {@link #open} opens. */
  public enum Access {
    /** For reading. */
    READ(0),
    /** For reading and writing. */
    READ_WRITE(2),
    /** For reading and writing; the file itself, not what a symbolic link of its name leads to. */
    NO_LINK(2 | noFollow()),
    /** A directory itself, as {@link #NO_LINK}, to be named by its descriptor later. */
    DIRECTORY(directory() | noFollow()),
    /** To be named by its descriptor and for nothing else; what a symbolic link leads to. */
    PLACE(0x200000);

    private final int flags;

    Access(int flags) {
      this.flags = flags;
    }

    // The two flags differ there (arch/arm64/include/uapi/asm/fcntl.h).
    private static boolean onArm() {
      return "aarch64".equals(System.getProperty("os.arch"));
    }

    private static int directory() {
      return onArm() ? 0x4000 : 0x10000;
    }

    private static int noFollow() {
      return onArm() ? 0x8000 : 0x20000;
    }
  }

  /** The two ends of a pipe. */
  public record Pipe(Descriptor read, Descriptor write) {}

  /** Opens an existing file. */
  public static Descriptor open(Path path, Access access) throws SystemCallException {
    try (Arena arena = Arena.ofConfined()) {
      int flags = access.flags | O_CLOEXEC;
      return new Descriptor(
          (int) OPEN.invokeRestarting(arena.allocateFrom(path.toString()), flags, 0));
    }
  }

  /** {@return the descriptor that this process was started with as {@code number}} */
  public static Descriptor inherited(int number) {
    return new Descriptor(number);
  }

  /** {@return a pipe that holds as much as a user may ask for: a MiB} */
  public static Pipe widePipe() throws SystemCallException {
    Pipe pipe = pipe();
    try {
      FCNTL.invoke(pipe.write().number(), F_SETPIPE_SZ, WIDE);
    } catch (SystemCallException e) {
      // The user has too many of them: a narrow one does the same, more slowly.
    }
    return pipe;
  }

  /** {@return a pipe} */
  public static Pipe pipe() throws SystemCallException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pair = arena.allocate(INT, 2);
      PIPE2.invoke(pair, O_CLOEXEC);
      return new Pipe(
          new Descriptor(pair.getAtIndex(INT, 0)), new Descriptor(pair.getAtIndex(INT, 1)));
    }
  }

  /** {@return a file without a name, in memory} */
  public static Descriptor memory(String label) throws SystemCallException {
    try (Arena arena = Arena.ofConfined()) {
      return new Descriptor((int) MEMFD.invoke(arena.allocateFrom(label), MFD_CLOEXEC));
    }
  }

  /**
   * Opens a TAP device (Linux, {@code Documentation/networking/tuntap.rst}) that exists and that
   * this user may use.
   *
   * @param name interface name, at most 15 characters
   */
  public static Descriptor tap(String name) throws SystemCallException {
    final long tunSetInterface = 0x400454CAL;
    final short tapWithoutPacketInformation = 0x1002;
    Descriptor device = open(Path.of("/dev/net/tun"), Access.READ_WRITE);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(40);
      MemorySegment.copy(arena.allocateFrom(name), 0, request, 0, Math.min(name.length(), 15));
      request.set(ValueLayout.JAVA_SHORT, 16, tapWithoutPacketInformation);
      IOCTL.invoke(device.number(), tunSetInterface, request);
      return device;
    } catch (SystemCallException e) {
      device.close();
      throw e;
    }
  }

  /** {@return the number, valid until it is closed} */
  public int number() {
    if (!open.get()) {
      throw new IllegalStateException("descriptor is closed");
    }
    return number;
  }

  /** {@return a path that names the open file for this process, whatever leads to it} */
  public Path path() {
    return Path.of("/proc/self/fd/" + number());
  }

  /** {@return a second descriptor of the same open file, not below {@code lowest}} */
  public Descriptor duplicate(int lowest) throws SystemCallException {
    return new Descriptor((int) FCNTL.invoke(number(), F_DUPFD_CLOEXEC, lowest));
  }

  /**
   * {@return a channel that reads this file from its beginning} This process had it before, so it
   * is opened by the one thread that is kept from no file.
   */
  public FileChannel reader() throws IOException {
    Path path = path();
    return Spawner.call(() -> FileChannel.open(path, StandardOpenOption.READ));
  }

  /** Writes all of {@code bytes}. */
  public void write(MemorySegment bytes) throws SystemCallException {
    long done = 0;
    while (done < bytes.byteSize()) {
      done += WRITE.invokeRestarting(number(), bytes.asSlice(done), bytes.byteSize() - done);
    }
  }

  /** Writes all of {@code bytes}. */
  public void write(byte[] bytes) throws SystemCallException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(Math.max(1, bytes.length));
      MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
      write(copy.asSlice(0, bytes.length));
      copy.fill((byte) 0);
    }
  }

  /** Writes some of {@code bytes}; {@return how many} */
  int writeSome(MemorySegment bytes) throws SystemCallException {
    return (int) WRITE.invokeRestarting(number(), bytes, bytes.byteSize());
  }

  /** Reads into {@code bytes}; {@return how many came, 0 at the end} */
  public int read(MemorySegment bytes) throws SystemCallException {
    return (int) READ.invokeRestarting(number(), bytes, bytes.byteSize());
  }

  /**
   * Reads the file from its beginning; {@return how many bytes were there, at most all that fit}
   */
  public long readFromStart(MemorySegment bytes) throws SystemCallException {
    long done = 0;
    while (done < bytes.byteSize()) {
      MemorySegment rest = bytes.asSlice(done);
      long count = PREAD.invokeRestarting(number(), rest, rest.byteSize(), done);
      if (count == 0) {
        break;
      }
      done += count;
    }
    return done;
  }

  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      try {
        CLOSE.invoke(number);
      } catch (SystemCallException e) {
        // Linux releases the number whatever close(2) answers.
      }
    }
  }

  @Override
  public String toString() {
    return "Descriptor[" + number + "]";
  }
}
