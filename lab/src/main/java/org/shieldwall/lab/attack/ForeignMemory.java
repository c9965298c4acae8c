package org.shieldwall.lab.attack;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** process_vm_readv(2). */
final class ForeignMemory {
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle READV =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("process_vm_readv"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG),
              Linker.Option.captureCallState("errno"));

  private ForeignMemory() {}

  /** The kernel refused. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    RefusedException(int errno) {
      super("process_vm_readv fails with error " + errno);
    }
  }

  /** {@return bytes of another process} */
  static byte[] read(long pid, long address, int length) throws RefusedException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment here = arena.allocate(length);
      MemorySegment local = vector(arena, here.address(), length);
      MemorySegment remote = vector(arena, address, length);
      long count = (long) READV.invokeExact(state, (int) pid, local, 1L, remote, 1L, 0L);
      if (count < 0) {
        throw new RefusedException((int) ERRNO.get(state, 0L));
      }
      return here.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
    } catch (RefusedException | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MemorySegment vector(Arena arena, long address, long length) {
    MemorySegment vector = arena.allocate(16, 8);
    vector.set(ValueLayout.JAVA_LONG, 0, address);
    vector.set(ValueLayout.JAVA_LONG, 8, length);
    return vector;
  }
}
