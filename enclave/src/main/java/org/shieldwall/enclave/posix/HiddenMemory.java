package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.LONG;
import static org.shieldwall.enclave.posix.SystemCall.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Pages outside the Java heap for secrets. With {@code memfd_secret} (memfd_secret(2), Linux 5.14)
 * the kernel takes them out of its own direct map, so that neither {@code /proc/PID/mem}, ptrace
 * nor a core dump shows them, to root either. Where the kernel offers none, they are locked pages
 * kept out of core dumps.
 */
public final class HiddenMemory {
  /** How pages are kept from others. */
  public enum Kind {
    /** {@code memfd_secret}: not readable through any interface of the kernel. */
    MEMFD_SECRET("memfd_secret"),
    /**
     * {@code mlock} and {@code MADV_DONTDUMP}: neither swapped nor dumped, but readable by root.
     */
    LOCKED("mlock");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** {@return the name that is shown} */
    public String label() {
      return label;
    }
  }

  private static final int SYS_MEMFD_SECRET = 447; // the same number on every architecture
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_SHARED = 1;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
  private static final int MADV_DONTDUMP = 16;
  private static final int MADV_DONTFORK = 10;

  private static final SystemCall SYSCALL = SystemCall.variadic("syscall", 1, LONG, LONG, LONG);
  private static final SystemCall FTRUNCATE = SystemCall.of("ftruncate", INT, INT, LONG);
  private static final SystemCall MMAP =
      SystemCall.of("mmap", POINTER, POINTER, LONG, INT, INT, INT, LONG);
  private static final SystemCall MADVISE = SystemCall.of("madvise", INT, POINTER, LONG, INT);
  private static final SystemCall MLOCK = SystemCall.of("mlock", INT, POINTER, LONG);

  private HiddenMemory() {}

  /** Pages and how they are kept. */
  public record Region(MemorySegment pages, Kind kind) {}

  /**
   * {@return {@code bytes} of new pages that live as long as the process}
   *
   * @param bytes a multiple of the page size
   */
  public static Region map(long bytes) throws SystemCallException {
    try {
      return new Region(secret(bytes), Kind.MEMFD_SECRET);
    } catch (SystemCallException notOffered) {
      return new Region(locked(bytes), Kind.LOCKED);
    }
  }

  private static MemorySegment secret(long bytes) throws SystemCallException {
    final long closeOnExec = 0x80000;
    try (Descriptor file =
        new Descriptor((int) SYSCALL.invoke((long) SYS_MEMFD_SECRET, closeOnExec))) {
      FTRUNCATE.invoke(file.number(), bytes);
      MemorySegment pages = mapped(bytes, MAP_SHARED, file.number());
      pages.fill((byte) 0);
      return pages;
    }
  }

  static MemorySegment locked(long bytes) throws SystemCallException {
    MemorySegment pages = mapped(bytes, MAP_PRIVATE_ANONYMOUS, -1);
    MLOCK.invoke(pages, bytes);
    MADVISE.invoke(pages, bytes, MADV_DONTDUMP);
    MADVISE.invoke(pages, bytes, MADV_DONTFORK);
    return pages;
  }

  private static MemorySegment mapped(long bytes, int flags, int file) throws SystemCallException {
    long address = MMAP.invoke(MemorySegment.NULL, bytes, PROT_READ_WRITE, flags, file, 0L);
    return MemorySegment.ofAddress(address).reinterpret(bytes, Arena.global(), null);
  }
}
