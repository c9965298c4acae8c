package org.shieldwall.enclave.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * One C library function, called with the error number captured. None of the calls made here is
 * frequent enough for boxing its arguments to matter.
 */
final class SystemCall {
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  static final java.lang.foreign.AddressLayout POINTER = ValueLayout.ADDRESS;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBC = LINKER.defaultLookup();
  private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private final String name;
  private final MethodHandle handle;

  private SystemCall(String name, MethodHandle handle) {
    this.name = name;
    this.handle = handle;
  }

  static SystemCall of(String name, ValueLayout result, ValueLayout... arguments) {
    return link(name, result, arguments, List.of(Linker.Option.captureCallState("errno")));
  }

  /** A function of the C library with a variable argument list, which has its own convention. */
  static SystemCall variadic(String name, int fixed, ValueLayout result, ValueLayout... arguments) {
    return link(
        name,
        result,
        arguments,
        List.of(Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(fixed)));
  }

  private static SystemCall link(
      String name, ValueLayout result, ValueLayout[] arguments, List<Linker.Option> options) {
    MemorySegment symbol =
        LIBC.find(name)
            .orElseThrow(() -> new UnsupportedOperationException("the C library lacks " + name));
    return new SystemCall(
        name,
        LINKER.downcallHandle(
            symbol,
            FunctionDescriptor.of(result, arguments),
            options.toArray(Linker.Option[]::new)));
  }

  /** Calls, and throws where the result is -1. */
  long invoke(Object... arguments) throws SystemCallException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment captured = arena.allocate(CAPTURED);
      long result = number(call(captured, arguments));
      if (result == -1) {
        throw new SystemCallException(name, (int) ERRNO.get(captured, 0L));
      }
      return result;
    }
  }

  /** Calls a function that returns its error number, as the posix_spawn family does. */
  void invokeReturningError(Object... arguments) throws SystemCallException {
    try (Arena arena = Arena.ofConfined()) {
      long error = number(call(arena.allocate(CAPTURED), arguments));
      if (error != 0) {
        throw new SystemCallException(name, (int) error);
      }
    }
  }

  /** Calls again for as long as a signal interrupts. */
  long invokeRestarting(Object... arguments) throws SystemCallException {
    while (true) {
      try {
        return invoke(arguments);
      } catch (SystemCallException e) {
        if (e.errno() != SystemCallException.EINTR) {
          throw e;
        }
      }
    }
  }

  private static long number(Object result) {
    return switch (result) {
      case Integer i -> i;
      case Long l -> l;
      case MemorySegment s -> s.address();
      default -> throw new IllegalStateException("unexpected result type " + result.getClass());
    };
  }

  private Object call(MemorySegment captured, Object[] arguments) {
    List<Object> all = new ArrayList<>(arguments.length + 1);
    all.add(captured);
    all.addAll(List.of(arguments));
    try {
      return handle.invokeWithArguments(all);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("calling " + name, e);
    }
  }
}
