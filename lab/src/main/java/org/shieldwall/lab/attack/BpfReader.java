package org.shieldwall.lab.attack;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A program in the kernel (bpf(2), a raw tracepoint at the entry of every system call) that copies
 * a process's memory in that process's own context, in which every page of it is mapped.
 */
final class BpfReader {
  /** So much is read at a time. */
  static final int SIZE = 1024;

  private static final int MAP_CREATE = 0;
  private static final int MAP_LOOKUP = 1;
  private static final int PROGRAM_LOAD = 5;
  private static final int TRACEPOINT_OPEN = 17;
  private static final int ARRAY = 2;
  private static final int RAW_TRACEPOINT = 17;
  private static final int ATTRIBUTES = 128;
  private static final int HEAD = 8;

  // Helpers of the kernel, by number (linux/bpf.h).
  private static final int LOOKUP_ELEMENT = 1;
  private static final int CURRENT_PROCESS = 14;
  private static final int READ_USER = 112;

  private final Arena arena;
  private final ByteBuffer code = ByteBuffer.allocate(64 * 8).order(ByteOrder.LITTLE_ENDIAN);

  private BpfReader(Arena arena) {
    this.arena = arena;
  }

  /** {@return bytes at an address of a process; nothing if that page could not be read} */
  static Optional<byte[]> read(long pid, long address) throws RawCall.RefusedException {
    try (Arena arena = Arena.ofConfined()) {
      return new BpfReader(arena).run(pid, address);
    }
  }

  private Optional<byte[]> run(long pid, long address) throws RawCall.RefusedException {
    MemorySegment map = attributes();
    map.set(ValueLayout.JAVA_INT, 0, ARRAY);
    map.set(ValueLayout.JAVA_INT, 4, 4);
    map.set(ValueLayout.JAVA_INT, 8, HEAD + SIZE);
    map.set(ValueLayout.JAVA_INT, 12, 1);
    try (OpenNumber table = OpenNumber.of(bpf(MAP_CREATE, map));
        OpenNumber program = OpenNumber.of(load(table.number(), pid, address))) {
      MemorySegment open = attributes();
      open.set(ValueLayout.JAVA_LONG, 0, arena.allocateFrom("sys_enter").address());
      open.set(ValueLayout.JAVA_INT, 8, program.number());
      try (OpenNumber _ = OpenNumber.of(bpf(TRACEPOINT_OPEN, open))) {
        return await(table.number());
      }
    }
  }

  private MemorySegment attributes() {
    return arena.allocate(ATTRIBUTES, 8);
  }

  private static int bpf(int command, MemorySegment attributes) throws RawCall.RefusedException {
    return (int) RawCall.BPF.call(command, attributes.address(), ATTRIBUTES);
  }

  private int load(int table, long pid, long address) throws RawCall.RefusedException {
    int exit = 23;
    put(0x85, 0, 0, 0, CURRENT_PROCESS); // 0: r0 = process << 32 | thread
    put(0x77, 0, 0, 0, 32); // 1: r0 >>= 32
    put(0x55, 0, 0, exit - 3, (int) pid); // 2: another process: exit
    put(0x62, 10, 0, -4, 0); // 3: the key, 0, on the stack
    put(0xBF, 2, 10, 0, 0); // 4: r2 = its address
    put(0x07, 2, 0, 0, -4); // 5
    put(0x18, 1, 1, 0, table); // 6, 7: r1 = the table
    put(0x00, 0, 0, 0, 0);
    put(0x85, 0, 0, 0, LOOKUP_ELEMENT); // 8: r0 = its element
    put(0x15, 0, 0, exit - 10, 0); // 9: none: exit
    put(0xBF, 7, 0, 0, 0); // 10: r7 = it
    put(0xBF, 1, 7, 0, 0); // 11: r1 = behind its head
    put(0x07, 1, 0, 0, HEAD); // 12
    put(0xB7, 2, 0, 0, SIZE); // 13: r2 = how much
    put(0x18, 3, 0, 0, (int) address); // 14, 15: r3 = where
    put(0x00, 0, 0, 0, (int) (address >>> 32));
    put(0x85, 0, 0, 0, READ_USER); // 16: copy
    put(0xB7, 1, 0, 0, 1); // 17: r1 = 1
    put(0x15, 0, 0, 1, 0); // 18: copied
    put(0xB7, 1, 0, 0, 2); // 19: r1 = 2: not copied
    put(0x7B, 7, 1, 0, 0); // 20: the head says which
    put(0xB7, 0, 0, 0, 0); // 21
    put(0x05, 0, 0, 0, 0); // 22
    put(0xB7, 0, 0, 0, 0); // 23: exit
    put(0x95, 0, 0, 0, 0); // 24
    MemorySegment instructions = arena.allocate(code.position(), 8);
    instructions.copyFrom(MemorySegment.ofArray(code.array()).asSlice(0, code.position()));
    MemorySegment load = attributes();
    load.set(ValueLayout.JAVA_INT, 0, RAW_TRACEPOINT);
    load.set(ValueLayout.JAVA_INT, 4, code.position() / 8);
    load.set(ValueLayout.JAVA_LONG, 8, instructions.address());
    load.set(ValueLayout.JAVA_LONG, 16, arena.allocateFrom("GPL").address());
    return bpf(PROGRAM_LOAD, load);
  }

  private void put(int operation, int target, int source, int offset, int immediate) {
    code.put((byte) operation).put((byte) (source << 4 | target));
    code.putShort((short) offset).putInt(immediate);
  }

  /** Waits until the process makes a system call. */
  private Optional<byte[]> await(int table) throws RawCall.RefusedException {
    MemorySegment key = arena.allocate(8, 8);
    MemorySegment value = arena.allocate(HEAD + SIZE, 8);
    MemorySegment lookup = attributes();
    lookup.set(ValueLayout.JAVA_INT, 0, table);
    lookup.set(ValueLayout.JAVA_LONG, 8, key.address());
    lookup.set(ValueLayout.JAVA_LONG, 16, value.address());
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
    while (System.nanoTime() < deadline) {
      bpf(MAP_LOOKUP, lookup);
      long head = value.get(ValueLayout.JAVA_LONG, 0);
      if (head != 0) {
        return head == 1
            ? Optional.of(value.asSlice(HEAD).toArray(ValueLayout.JAVA_BYTE))
            : Optional.empty();
      }
      LockSupport.parkNanos(5_000_000);
    }
    return Optional.empty();
  }
}
