package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.POINTER;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A child process started with an exact set of open descriptors: 0 is {@code /dev/null}, 1 and 2 a
 * bounded tail kept for its diagnosis, 3 onward those given, nothing else (posix_spawn(3) with file
 * actions). Its environment is only what is given. The JDK's own process API can pass no
 * descriptors.
 */
public final class ChildProcess {
  private static final int FIRST_INHERITED = 3;
  private static final int FIRST_SAFE = 200;
  private static final short SPAWN_SIGNAL_DEFAULTS = 0x04;
  private static final short SPAWN_SIGNAL_MASK = 0x08;
  private static final short SPAWN_NEW_SESSION = 0x80;
  private static final int P_PID = 1;
  private static final int WEXITED_NOWAIT = 4 | 0x01000000;
  private static final int SIGTERM = 15;
  private static final int SIGKILL = 9;
  private static final int TAIL = 4096;

  private static final SystemCall POSIX_SPAWN =
      SystemCall.of("posix_spawn", INT, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER);
  private static final SystemCall ACTIONS_INIT =
      SystemCall.of("posix_spawn_file_actions_init", INT, POINTER);
  private static final SystemCall ACTIONS_DUP2 =
      SystemCall.of("posix_spawn_file_actions_adddup2", INT, POINTER, INT, INT);
  private static final SystemCall ACTIONS_CLOSEFROM =
      SystemCall.of("posix_spawn_file_actions_addclosefrom_np", INT, POINTER, INT);
  private static final SystemCall ACTIONS_DESTROY =
      SystemCall.of("posix_spawn_file_actions_destroy", INT, POINTER);
  private static final SystemCall ATTRIBUTES_INIT =
      SystemCall.of("posix_spawnattr_init", INT, POINTER);
  private static final SystemCall ATTRIBUTES_FLAGS =
      SystemCall.of("posix_spawnattr_setflags", INT, POINTER, ValueLayout.JAVA_SHORT);
  private static final SystemCall ATTRIBUTES_MASK =
      SystemCall.of("posix_spawnattr_setsigmask", INT, POINTER, POINTER);
  private static final SystemCall ATTRIBUTES_DEFAULTS =
      SystemCall.of("posix_spawnattr_setsigdefault", INT, POINTER, POINTER);
  private static final SystemCall WAITID = SystemCall.of("waitid", INT, INT, INT, POINTER, INT);
  private static final SystemCall WAITPID = SystemCall.of("waitpid", INT, INT, POINTER, INT);
  private static final SystemCall KILL = SystemCall.of("kill", INT, INT, INT);

  private final int pid;
  private final String name;
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();
  private final Object reaping = new Object();
  private final StringBuilder tail = new StringBuilder();
  private final CompletableFuture<Boolean> tailEnded = new CompletableFuture<>();
  private boolean reaped;

  private ChildProcess(int pid, String name) {
    this.pid = pid;
    this.name = name;
  }

  /**
   * Starts a program.
   *
   * @param command absolute path of the program and its arguments; never a secret
   * @param environment all of the child's environment
   * @param inherited become descriptors 3, 4, … of the child; the caller keeps and closes its own
   */
  public static ChildProcess start(
      List<String> command, Map<String, String> environment, List<Descriptor> inherited)
      throws IOException {
    List<Descriptor> moved = new ArrayList<>();
    Descriptor.Pipe output = Descriptor.pipe();
    try (Descriptor none =
        Descriptor.open(java.nio.file.Path.of("/dev/null"), Descriptor.Access.READ_WRITE)) {
      // Numbers above every target first, so that no dup2 below overwrites a source of a later one.
      moved.add(none.duplicate(FIRST_SAFE));
      Descriptor end = output.write().duplicate(FIRST_SAFE);
      moved.add(end);
      moved.add(end);
      for (Descriptor each : inherited) {
        moved.add(each.duplicate(FIRST_SAFE));
      }
      int pid = Spawner.call(() -> spawn(command, environment, moved));
      ChildProcess child = new ChildProcess(pid, command.getFirst());
      child.watch(output.read());
      return child;
    } catch (IOException e) {
      output.read().close();
      throw e;
    } finally {
      output.write().close();
      moved.forEach(Descriptor::close);
    }
  }

  private static int spawn(
      List<String> command, Map<String, String> environment, List<Descriptor> descriptors)
      throws SystemCallException {
    try (Arena arena = Arena.ofConfined()) {
      // posix_spawn_file_actions_t is 80 bytes in glibc, posix_spawnattr_t 336.
      MemorySegment actions = arena.allocate(512, 16);
      MemorySegment attributes = arena.allocate(512, 16);
      ACTIONS_INIT.invokeReturningError(actions);
      for (int i = 0; i < descriptors.size(); i++) {
        ACTIONS_DUP2.invokeReturningError(actions, descriptors.get(i).number(), i);
      }
      ACTIONS_CLOSEFROM.invokeReturningError(actions, descriptors.size());
      ATTRIBUTES_INIT.invokeReturningError(attributes);
      MemorySegment none = arena.allocate(128);
      MemorySegment all = arena.allocate(128).fill((byte) 0xFF);
      ATTRIBUTES_MASK.invokeReturningError(attributes, none);
      ATTRIBUTES_DEFAULTS.invokeReturningError(attributes, all);
      ATTRIBUTES_FLAGS.invokeReturningError(
          attributes, (short) (SPAWN_SIGNAL_DEFAULTS | SPAWN_SIGNAL_MASK | SPAWN_NEW_SESSION));
      List<String> variables =
          environment.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
      MemorySegment pid = arena.allocate(INT);
      try {
        POSIX_SPAWN.invokeReturningError(
            pid,
            arena.allocateFrom(command.getFirst()),
            actions,
            attributes,
            strings(arena, command),
            strings(arena, variables));
      } finally {
        ACTIONS_DESTROY.invokeReturningError(actions);
      }
      return pid.get(INT, 0);
    }
  }

  private static MemorySegment strings(Arena arena, List<String> strings) {
    MemorySegment array = arena.allocate(POINTER, strings.size() + 1L);
    for (int i = 0; i < strings.size(); i++) {
      array.setAtIndex(POINTER, i, arena.allocateFrom(strings.get(i)));
    }
    return array;
  }

  private void watch(Descriptor output) {
    Thread.ofPlatform().daemon().name("output of " + pid).start(() -> keepTail(output));
    Thread.ofPlatform().daemon().name("exit of " + pid).start(this::reap);
  }

  private void keepTail(Descriptor output) {
    try (output;
        Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(1024);
      int count;
      while ((count = output.read(buffer)) > 0) {
        String text =
            new String(
                buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        synchronized (tail) {
          tail.append(text);
          tail.delete(0, Math.max(0, tail.length() - TAIL));
        }
      }
    } catch (SystemCallException e) {
      // A diagnosis that ends early is no failure of the child.
    } finally {
      tailEnded.complete(true);
    }
  }

  private void reap() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment information = arena.allocate(128, 8);
      // The number stays the child's until it is reaped, so a signal sent under the lock hits it.
      WAITID.invokeRestarting(P_PID, pid, information, WEXITED_NOWAIT);
      MemorySegment status = arena.allocate(INT);
      synchronized (reaping) {
        WAITPID.invokeRestarting(pid, status, 0);
        reaped = true;
      }
      int value = status.get(INT, 0);
      int signal = value & 0x7F;
      exit.complete(signal == 0 ? (value >> 8) & 0xFF : 128 + signal);
    } catch (SystemCallException | RuntimeException e) {
      exit.completeExceptionally(e);
    }
  }

  /** {@return the process id} */
  public int pid() {
    return pid;
  }

  /** {@return completes with the exit status, or 128 plus the signal that ended it} */
  public CompletableFuture<Integer> exit() {
    return exit.copy();
  }

  /** {@return whether it has not ended} */
  public boolean alive() {
    return !exit.isDone();
  }

  /** Waits for its end; {@return whether it ended in time} */
  public boolean await(Duration limit) {
    try {
      exit.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Asks it to end. */
  public void terminate() {
    signal(SIGTERM);
  }

  /** Ends it. */
  public void kill() {
    signal(SIGKILL);
  }

  private void signal(int number) {
    synchronized (reaping) {
      if (!reaped) {
        try {
          long _ = Spawner.call(() -> KILL.invoke(pid, number));
        } catch (IOException e) {
          // It ended in this moment.
        }
      }
    }
  }

  /** {@return the last of what it wrote, for a diagnosis; waits a moment for an ended child's} */
  public String tail() {
    if (exit.isDone()) {
      try {
        tailEnded.get(1, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException e) {
        // What is there will do.
      }
    }
    synchronized (tail) {
      return tail.toString().strip();
    }
  }

  static int firstInherited() {
    return FIRST_INHERITED;
  }

  @Override
  public String toString() {
    return name + "[" + pid + "]";
  }
}
