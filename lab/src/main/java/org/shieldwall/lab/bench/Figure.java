package org.shieldwall.lab.bench;

import java.util.OptionalDouble;

/**
 * One figure.
 *
 * @param name what was measured
 * @param unit of every number here
 * @param value measured, the median where there are many
 * @param limit what it may be
 * @param atLeast whether the limit is a lower one
 * @param primitives the sum of what cannot be left out, measured in the same run
 * @param note what else there is to say, or nothing
 */
record Figure(
    String name,
    String unit,
    double value,
    OptionalDouble limit,
    boolean atLeast,
    OptionalDouble primitives,
    String note) {

  static Figure atMost(String name, String unit, double value, double limit) {
    return new Figure(
        name, unit, value, OptionalDouble.of(limit), false, OptionalDouble.empty(), "");
  }

  static Figure atLeast(String name, String unit, double value, double limit) {
    return new Figure(
        name, unit, value, OptionalDouble.of(limit), true, OptionalDouble.empty(), "");
  }

  static Figure plain(String name, String unit, double value) {
    return new Figure(name, unit, value, OptionalDouble.empty(), false, OptionalDouble.empty(), "");
  }

  Figure beside(double sum) {
    return new Figure(name, unit, value, limit, atLeast, OptionalDouble.of(sum), note);
  }

  Figure noting(String words) {
    return new Figure(name, unit, value, limit, atLeast, primitives, words);
  }

  /** {@return how many times the primitives' time it took; for a rate, the time of each} */
  OptionalDouble ratio() {
    return primitives.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(
            atLeast ? primitives.getAsDouble() / value : value / primitives.getAsDouble());
  }

  /** {@return whether the limit is kept; true where there is none} */
  boolean holds() {
    return limit.isEmpty()
        || (atLeast ? value >= limit.getAsDouble() : value <= limit.getAsDouble());
  }
}
