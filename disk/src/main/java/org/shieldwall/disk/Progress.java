package org.shieldwall.disk;

/** Told how far long work has come. Called on the working thread: it must not block. */
@FunctionalInterface
public interface Progress {
  /** Nobody watches. */
  Progress SILENT = (done, total) -> {};

  /**
   * Called again and again, at the end with {@code done} equal to {@code total}.
   *
   * @param done bytes so far
   * @param total bytes in all, the same in every call of one piece of work
   */
  void at(long done, long total);
}
