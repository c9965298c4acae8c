package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.LONG;
import static org.shieldwall.enclave.posix.SystemCall.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Which files a thread, and the threads it starts, may open from now on (landlock(7)): those below
 * the places that a rule names, and no others; no program may be executed, no TCP port bound or
 * connected to, no abstract unix socket outside be reached. What is open already stays open.
 */
public final class Landlock {
  // The same numbers on every architecture.
  private static final int SYS_CREATE_RULESET = 444;
  private static final int SYS_ADD_RULE = 445;
  private static final int SYS_RESTRICT_SELF = 446;
  private static final int ASK_VERSION = 1;
  private static final int RULE_PATH_BENEATH = 1;

  // linux/landlock.h, LANDLOCK_ACCESS_FS_*
  private static final long WRITE_FILE = 1 << 1;
  private static final long READ_FILE = 1 << 2;
  private static final long READ_DIR = 1 << 3;
  private static final long REMOVE_DIR = 1 << 4;
  private static final long REMOVE_FILE = 1 << 5;
  private static final long MAKE_DIR = 1 << 7;
  private static final long MAKE_REG = 1 << 8;
  private static final long MAKE_SOCK = 1 << 9;
  private static final long MAKE_SYM = 1 << 12;
  private static final long REFER = 1 << 13;
  private static final long TRUNCATE = 1 << 14;
  private static final long OF_A_FILE = WRITE_FILE | READ_FILE | TRUNCATE;

  private static final long BIND_AND_CONNECT_TCP = 1 | 2;
  private static final long SCOPE_ABSTRACT_UNIX_SOCKET = 1;

  private static final SystemCall CREATE =
      SystemCall.variadic("syscall", 1, LONG, LONG, POINTER, LONG, INT);
  private static final SystemCall ADD =
      SystemCall.variadic("syscall", 1, LONG, LONG, INT, INT, POINTER, INT);
  private static final SystemCall RESTRICT =
      SystemCall.variadic("syscall", 1, LONG, LONG, INT, INT);

  private Landlock() {}

  /** What is allowed below a place. */
  public enum Access {
    /** To read files and list folders. */
    READ(READ_FILE | READ_DIR),
    /** To read and write files that are there: devices. */
    USE(READ_FILE | WRITE_FILE),
    /** To read, write, make, rename and remove files, folders, links and sockets. */
    CHANGE(
        OF_A_FILE
            | READ_DIR
            | REMOVE_DIR
            | REMOVE_FILE
            | MAKE_DIR
            | MAKE_REG
            | MAKE_SOCK
            | MAKE_SYM
            | REFER);

    private final long rights;

    Access(long rights) {
      this.rights = rights;
    }
  }

  /** One exception from the refusal of everything. */
  public record Rule(Path place, Access access) {}

  /** {@return the version of it that this kernel has (landlock(7)); 0 for none} */
  public static int version() {
    try {
      return (int) CREATE.invoke((long) SYS_CREATE_RULESET, MemorySegment.NULL, 0L, ASK_VERSION);
    } catch (SystemCallException notOffered) {
      return 0;
    }
  }

  /** Restricts this thread, for good. A rule whose place is not there allows nothing. */
  public static void restrictThisThread(List<Rule> rules) throws SystemCallException {
    ThisProcess.gainNoPrivileges();
    int version = version();
    long rights = rights(version);
    try (Arena arena = Arena.ofConfined();
        Descriptor ruleset = create(arena, version, rights)) {
      for (Rule rule : rules) {
        if (Files.exists(rule.place())) {
          add(arena, ruleset, rule, rights);
        }
      }
      RESTRICT.invoke((long) SYS_RESTRICT_SELF, ruleset.number(), 0);
    }
  }

  /** All that this version knows is taken away: 13 rights at first, then one or two a version. */
  private static long rights(int version) {
    int known =
        switch (version) {
          case 0, 1 -> 13;
          case 2 -> 14;
          case 3, 4 -> 15;
          default -> 16;
        };
    return (1L << known) - 1;
  }

  /** struct landlock_ruleset_attr: rights in files, of the network, scopes; each came later. */
  private static Descriptor create(Arena arena, int version, long rights)
      throws SystemCallException {
    long size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    MemorySegment attributes = arena.allocate(LONG, 3);
    attributes.setAtIndex(LONG, 0, rights);
    attributes.setAtIndex(LONG, 1, BIND_AND_CONNECT_TCP);
    attributes.setAtIndex(LONG, 2, SCOPE_ABSTRACT_UNIX_SOCKET);
    return new Descriptor((int) CREATE.invoke((long) SYS_CREATE_RULESET, attributes, size, 0));
  }

  /** struct landlock_path_beneath_attr, packed: rights, then the place's descriptor. */
  private static void add(Arena arena, Descriptor ruleset, Rule rule, long known)
      throws SystemCallException {
    try (Descriptor place = Descriptor.open(rule.place(), Descriptor.Access.PLACE)) {
      long rights = rule.access().rights & known;
      MemorySegment beneath = arena.allocate(16, 8);
      beneath.set(LONG, 0, Files.isDirectory(rule.place()) ? rights : rights & OF_A_FILE);
      beneath.set(INT, 8, place.number());
      ADD.invoke((long) SYS_ADD_RULE, ruleset.number(), RULE_PATH_BENEATH, beneath, 0);
    }
  }
}
