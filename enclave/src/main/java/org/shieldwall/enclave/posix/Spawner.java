package org.shieldwall.enclave.posix;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The one thread that starts children. {@code PR_SET_PDEATHSIG}, by which bubblewrap ends with its
 * parent, is bound to the <em>thread</em> that forked (prctl(2)), so that thread must live as long
 * as the process. It also passes no capability on.
 */
final class Spawner {
  private static final LinkedBlockingQueue<Runnable> WORK = new LinkedBlockingQueue<>();

  static {
    Thread.ofPlatform().daemon().name("spawner").start(Spawner::run);
  }

  private Spawner() {}

  /** What is called on the spawner's thread. */
  @FunctionalInterface
  interface Call {
    int run() throws SystemCallException;
  }

  static int call(Call call) throws SystemCallException {
    var result = new int[1];
    var failure = new Throwable[1];
    var done = new CountDownLatch(1);
    WORK.add(() -> {
      try {
        result[0] = call.run();
      } catch (SystemCallException | RuntimeException | Error e) {
        failure[0] = e;
      } finally {
        done.countDown();
      }
    });
    awaitUninterruptibly(done);
    return switch (failure[0]) {
      case null -> result[0];
      case SystemCallException e -> throw e;
      case Throwable e -> throw new IllegalStateException("starting a child", e);
    };
  }

  private static void awaitUninterruptibly(CountDownLatch done) {
    boolean interrupted = false;
    while (true) {
      try {
        done.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
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
