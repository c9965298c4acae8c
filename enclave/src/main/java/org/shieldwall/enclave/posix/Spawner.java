package org.shieldwall.enclave.posix;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The one thread that starts children, and tells them to end. {@code PR_SET_PDEATHSIG}, by which
 * bubblewrap ends with its parent, is bound to the <em>thread</em> that forked (prctl(2)), so that
 * thread must live as long as the process. It passes no capability on, and it alone of the threads
 * of ours is under neither {@link Landlock} nor {@link WorkingCalls}, which would keep a sandbox
 * from being made.
 */
public final class Spawner {
  private static final LinkedBlockingQueue<Runnable> WORK = new LinkedBlockingQueue<>();

  static {
    Thread.ofPlatform().daemon().name("spawner").start(Spawner::run);
  }

  private Spawner() {}

  /** Starts the thread, if it has not been: before the one that calls this is restricted. */
  public static void ready() {
    // Loading this class has started it.
  }

  /** What is called on the spawner's thread. */
  @FunctionalInterface
  interface Call<T> {
    T run() throws IOException;
  }

  private sealed interface Result<T> {
    record Done<T>(T value) implements Result<T> {}

    record Failed<T>(Throwable why) implements Result<T> {}
  }

  static <T> T call(Call<T> call) throws IOException {
    var result = new CompletableFuture<Result<T>>();
    WORK.add(() -> {
      try {
        result.complete(new Result.Done<>(call.run()));
      } catch (IOException | RuntimeException | Error e) {
        result.complete(new Result.Failed<>(e));
      }
    });
    // Not interrupted: what has been handed over is done, and its result must not be lost.
    return switch (result.join()) {
      case Result.Done<T>(T value) -> value;
      case Result.Failed<T>(IOException e) -> throw e;
      case Result.Failed<T>(Throwable e) -> throw new IllegalStateException("starting a child", e);
    };
  }

  private static void run() {
    boolean unprivileged = false;
    while (true) {
      try {
        Runnable next = WORK.take();
        if (!unprivileged) {
          ThisProcess.passOnNoCapabilities();
          unprivileged = true;
        }
        next.run();
      } catch (InterruptedException e) {
        // Nobody interrupts this thread on purpose; it goes on.
      }
    }
  }
}
