package org.shieldwall.hgs.store;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * Writes for many at once: whoever comes while the disk is being waited for goes, together with all
 * others who came, into the next transaction. Each caller's work is all or nothing for itself, and
 * nobody is told that theirs is done before the one commit that holds it is on the disk.
 *
 * <p>One thread does all the writing, in the order of arrival. It is a thread of the system's own:
 * callers, who may be many and light, wait without holding one of the few that run them.
 */
final class GroupCommit implements AutoCloseable {
  /** More wait for the next commit, so that the first of a group does not wait for thousands. */
  static final int LARGEST_GROUP = 128;

  private static final String EACH = "each";

  private final Jdbi jdbi;
  private final BlockingQueue<Write<?>> queue = new LinkedBlockingQueue<>();
  private final Write<?> end = new Write<>(handle -> "");
  private final Thread thread;
  private boolean closed;

  /** Writes through {@code jdbi}, whose transactions must exclude every other writer. */
  GroupCommit(Jdbi jdbi) {
    this.jdbi = jdbi;
    this.thread = Thread.ofPlatform().daemon().name("hgs-writer").start(this::serve);
  }

  /** One caller's work, and how the caller learns what came of it. */
  private static final class Write<T> {
    private final Function<Handle, T> work;
    private final CompletableFuture<T> done = new CompletableFuture<>();
    private Runnable tell = () -> {};

    Write(Function<Handle, T> work) {
      this.work = work;
    }

    void run(Handle handle) {
      T result = work.apply(handle);
      tell = () -> done.complete(result);
    }

    void fail(Throwable failure) {
      tell = () -> done.completeExceptionally(failure);
    }
  }

  /**
   * Runs {@code work} in a transaction, alone or with others' work.
   *
   * @return what it returned, once that is on the disk
   * @throws JdbiException if the database refuses; nothing of the work is kept then, nor if it
   *     throws anything else, which is thrown here
   */
  <T> T write(Function<Handle, T> work) {
    if (Thread.currentThread() == thread) {
      throw new IllegalStateException("a transaction inside of another would wait for itself");
    }
    Write<T> write = new Write<>(work);
    synchronized (queue) {
      if (closed) {
        throw new StoreUnavailableException(
            "the store is closed", new IllegalStateException("closed"));
      }
      queue.add(write);
    }
    return await(write.done);
  }

  /** Does not end with an interrupt: the work may be done, and the caller must know. */
  private static <T> T await(CompletableFuture<T> done) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return done.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw thrown(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RuntimeException thrown(@Nullable Throwable cause) {
    return switch (cause) {
      case RuntimeException exception -> exception;
      case Error error -> throw error;
      case null, default -> new IllegalStateException(cause);
    };
  }

  private void serve() {
    List<Write<?>> group = new ArrayList<>();
    boolean last = false;
    while (!last) {
      group.clear();
      group.add(next());
      queue.drainTo(group, LARGEST_GROUP - 1);
      last = group.remove(end);
      if (!group.isEmpty()) {
        commit(group);
        group.forEach(each -> each.tell.run());
      }
    }
  }

  private Write<?> next() {
    while (true) {
      try {
        return queue.take();
      } catch (InterruptedException e) {
        // Nobody is given this thread to interrupt; its end comes through the queue.
      }
    }
  }

  /** Never throws: what went wrong is told to those whose work it was. */
  private void commit(List<Write<?>> group) {
    try {
      jdbi.useTransaction(handle -> {
        if (group.size() == 1) {
          group.getFirst().run(handle);
        } else {
          group.forEach(each -> apart(handle, each));
        }
      });
    } catch (RuntimeException | Error e) {
      group.forEach(each -> each.fail(e));
    }
  }

  /**
   * Runs one of several, so that its failure takes nothing from the others. Where SQLite has given
   * up the whole transaction, as it may when the disk is full, there is no savepoint to go back to:
   * that failure is thrown, and is everybody's.
   */
  private static void apart(Handle handle, Write<?> write) {
    handle.savepoint(EACH);
    try {
      write.run(handle);
    } catch (RuntimeException | Error e) {
      // Ends the savepoint as well, as far as anybody here can still name it.
      handle.rollbackToSavepoint(EACH);
      write.fail(e);
      return;
    }
    handle.releaseSavepoint(EACH);
  }

  /** {@return how many wait for the next commit} */
  int waiting() {
    return queue.size();
  }

  /** Finishes what was asked for, and takes nothing more. */
  @Override
  public void close() {
    synchronized (queue) {
      if (closed) {
        return;
      }
      closed = true;
      queue.add(end);
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
