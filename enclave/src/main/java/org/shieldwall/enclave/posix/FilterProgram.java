package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.LONG;
import static org.shieldwall.enclave.posix.SystemCall.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A program that the kernel runs at each system call of a thread (seccomp(2),
 * SECCOMP_SET_MODE_FILTER; Documentation/networking/filter.rst). It ends in three places, {@link
 * End}, to which every check may jump.
 */
final class FilterProgram {
  private static final int AUDIT_ARCH_X86_64 = 0xC000003E;
  private static final int AUDIT_ARCH_AARCH64 = 0xC00000B7;
  private static final int X32 = 0x40000000;
  private static final int SET_MODE_FILTER = 1;
  private static final int ALL_THREADS = 1;

  // struct seccomp_data: the call's number, the architecture, then, from 16, the arguments.
  private static final int NUMBER = 0;
  private static final int ARCHITECTURE = 4;
  private static final int FIRST_ARGUMENT = 16;

  private static final short LOAD = 0x20;
  private static final short JUMP_EQUAL = 0x15;
  private static final short JUMP_AT_LEAST = 0x35;
  private static final short JUMP_ANY_BIT = 0x45;
  private static final short RETURN = 0x06;
  private static final int FARTHEST = 255;

  private static final SystemCall SYSCALL =
      SystemCall.variadic("syscall", 1, LONG, LONG, INT, INT, POINTER);

  private static final List<End> ENDS = List.of(End.values());

  private final Machine machine;
  private final List<Step> steps = new ArrayList<>();

  /** What becomes of a call. */
  enum End {
    ALLOW(0x7FFF0000),
    /** It fails with EPERM. */
    REFUSE(0x00050000 | 1),
    /** It fails with ENOSYS, as on a kernel without it: the C library then takes another way. */
    UNKNOWN(0x00050000 | 38);

    private final int value;

    End(int value) {
      this.value = value;
    }
  }

  /** What differs between architectures (asm/unistd_64.h, asm-generic/unistd.h). */
  enum Machine {
    X86_64(AUDIT_ARCH_X86_64, 317),
    AARCH64(AUDIT_ARCH_AARCH64, 277);

    private final int architecture;
    private final int seccomp;

    Machine(int architecture, int seccomp) {
      this.architecture = architecture;
      this.seccomp = seccomp;
    }

    /** {@return the one that this runs on} */
    static Machine here() {
      return switch (System.getProperty("os.arch")) {
        case "amd64" -> X86_64;
        case "aarch64" -> AARCH64;
        case String other -> throw new UnsupportedOperationException("no filter for " + other);
      };
    }
  }

  /** One instruction, struct sock_filter; a jump names its targets where they are ends. */
  private record Step(short code, Jump ifTrue, Jump ifFalse, int value) {}

  private sealed interface Jump {
    record Over(int steps) implements Jump {}

    record To(End end) implements Jump {}
  }

  private static final Jump ON = new Jump.Over(0);

  /** Begins with what every filter has: another architecture's calls are refused. */
  FilterProgram(Machine machine) {
    this.machine = machine;
    Jump refuse = new Jump.To(End.REFUSE);
    steps.add(new Step(LOAD, ON, ON, ARCHITECTURE));
    steps.add(new Step(JUMP_EQUAL, ON, refuse, machine.architecture));
    steps.add(new Step(LOAD, ON, ON, NUMBER));
    if (machine == Machine.X86_64) {
      steps.add(new Step(JUMP_AT_LEAST, refuse, ON, X32));
    }
  }

  /** The call {@code number} ends here. */
  FilterProgram on(int number, End end) {
    steps.add(new Step(JUMP_EQUAL, new Jump.To(end), ON, number));
    return this;
  }

  /** The call {@code number} is allowed with one of these as its first argument, an int. */
  FilterProgram allowWith(int number, List<Integer> firstArguments) {
    steps.add(new Step(JUMP_EQUAL, ON, new Jump.Over(2 + firstArguments.size()), number));
    steps.add(new Step(LOAD, ON, ON, FIRST_ARGUMENT));
    for (int each : firstArguments) {
      steps.add(new Step(JUMP_EQUAL, new Jump.To(End.ALLOW), ON, each));
    }
    steps.add(new Step(RETURN, ON, ON, End.REFUSE.value));
    return this;
  }

  /** The call {@code number} is allowed with one of these bits in its first argument. */
  FilterProgram allowWithBit(int number, int bits) {
    steps.add(new Step(JUMP_EQUAL, ON, new Jump.Over(2), number));
    steps.add(new Step(LOAD, ON, ON, FIRST_ARGUMENT));
    Jump refuse = new Jump.To(End.REFUSE);
    steps.add(new Step(JUMP_ANY_BIT, new Jump.To(End.ALLOW), refuse, bits));
    return this;
  }

  /** Puts it on every thread of this process, for good. */
  void installForAll(End otherwise) throws SystemCallException {
    install(otherwise, ALL_THREADS);
  }

  /** Puts it on this thread and on those that it starts, for good. */
  void installForThisThread(End otherwise) throws SystemCallException {
    install(otherwise, 0);
  }

  private void install(End otherwise, int flags) throws SystemCallException {
    ThisProcess.gainNoPrivileges();
    steps.add(new Step(RETURN, ON, ON, otherwise.value));
    int ends = steps.size();
    for (End end : ENDS) {
      steps.add(new Step(RETURN, ON, ON, end.value));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment code = arena.allocate(8L * steps.size(), 8);
      for (int i = 0; i < steps.size(); i++) {
        Step step = steps.get(i);
        code.set(ValueLayout.JAVA_SHORT, 8L * i, step.code());
        code.set(ValueLayout.JAVA_BYTE, 8L * i + 2, distance(i, step.ifTrue(), ends));
        code.set(ValueLayout.JAVA_BYTE, 8L * i + 3, distance(i, step.ifFalse(), ends));
        code.set(INT, 8L * i + 4, step.value());
      }
      MemorySegment program = arena.allocate(16, 8);
      program.set(ValueLayout.JAVA_SHORT, 0, (short) steps.size());
      program.set(POINTER, 8, code);
      SYSCALL.invoke((long) machine.seccomp, SET_MODE_FILTER, flags, program);
    }
  }

  /** A jump counts from the instruction after it, in one byte. */
  private static byte distance(int from, Jump jump, int ends) {
    int distance =
        switch (jump) {
          case Jump.Over over -> over.steps();
          case Jump.To to -> ends + ENDS.indexOf(to.end()) - from - 1;
        };
    if (distance > FARTHEST) {
      throw new IllegalStateException("a filter of " + ends + " steps is too long");
    }
    return (byte) distance;
  }
}
