package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.POINTER;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** A listening unix socket at a path. */
public final class UnixListener implements AutoCloseable {
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final SystemCall BIND = SystemCall.of("bind", INT, INT, POINTER, INT);
  private static final SystemCall LISTEN = SystemCall.of("listen", INT, INT, INT);
  private static final SystemCall ACCEPT4 =
      SystemCall.of("accept4", INT, INT, POINTER, POINTER, INT);

  private final Descriptor descriptor;
  private final Path path;
  private final ReentrantLock using = new ReentrantLock(true);
  private boolean closed;

  private UnixListener(Descriptor descriptor, Path path) {
    this.descriptor = descriptor;
    this.path = path;
  }

  /**
   * Listens at {@code path}. A socket left there by a process that ended is replaced; one that
   * somebody answers is not.
   */
  public static UnixListener at(Path path, String permissions) throws IOException {
    if (Files.exists(path)) {
      try (UnixSocket other = UnixSocket.connect(path)) {
        throw new IOException(other.peer().pid() + " listens at " + path + " already");
      } catch (SystemCallException nobody) {
        Files.delete(path);
      }
    }
    Descriptor descriptor = UnixSocket.newDescriptor();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = UnixSocket.address(arena, path);
      BIND.invoke(descriptor.number(), address, (int) address.byteSize());
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
      LISTEN.invoke(descriptor.number(), 16);
      return new UnixListener(descriptor, path);
    } catch (IOException e) {
      descriptor.close();
      throw e;
    }
  }

  /**
   * Waits for a connection; {@return it, or nothing when none came in time or nobody listens any
   * more}
   */
  public Optional<UnixSocket> accept(Duration limit) throws SystemCallException {
    // Closing waits for this: a number that is closed while it is polled may be another file's by
    // the time it is accepted from.
    using.lock();
    try {
      if (closed || !UnixSocket.await(descriptor, false, limit)) {
        return Optional.empty();
      }
      long number =
          ACCEPT4.invokeRestarting(
              descriptor.number(), MemorySegment.NULL, MemorySegment.NULL, SOCK_CLOEXEC);
      return Optional.of(new UnixSocket(new Descriptor((int) number)));
    } finally {
      using.unlock();
    }
  }

  /** Stops listening and removes the path. */
  @Override
  public void close() {
    using.lock();
    try {
      closed = true;
      descriptor.close();
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // The next one to listen there replaces it.
    } finally {
      using.unlock();
    }
  }
}
