package org.shieldwall.evidence;

import java.util.OptionalInt;

/**
 * One value that is not as it was.
 *
 * @param fact which fact
 * @param index place of the value among the fact's, from 0
 * @param expected what the baseline names
 * @param found what is there instead
 * @param event the event of the log that it was found in, where there is one
 */
public record FactDifference(
    FactName fact, int index, String expected, String found, OptionalInt event) {
  /** In place of a value where there is none. */
  public static final String NONE = "no more values";

  /** In place of a value of a fact that a baseline does not name. */
  public static final String ANYTHING = "anything";

  /** {@return the difference in words, without the values} */
  public String describe() {
    return "%s: value %d%s differs"
        .formatted(
            fact.title(),
            index + 1,
            event.isPresent() ? ", from event " + event.getAsInt() + "," : "");
  }

  @Override
  public String toString() {
    return describe() + ": expected " + expected + ", found " + found;
  }
}
