package org.shieldwall.hgs.admin;

import org.shieldwall.hgs.HgsException;

/** What came of an act in a transaction, where exceptions that people should read cannot pass. */
sealed interface Refusable<T> {
  /** It was done. */
  record Done<T>(T value) implements Refusable<T> {}

  /** It was not. */
  record Refused<T>(HgsException why) implements Refusable<T> {}

  static <T> Refusable<T> done(T value) {
    return new Done<>(value);
  }

  static <T> Refusable<T> refused(HgsException why) {
    return new Refused<>(why);
  }

  default T orThrow() throws HgsException {
    return switch (this) {
      case Done<T> done -> done.value();
      case Refused<T> refused -> throw refused.why();
    };
  }
}
