package org.shieldwall.evidence;

/**
 * A value as a log gives it.
 *
 * @param event index of the event it came from; -1 for none
 * @param value the value
 */
record FoundValue(int event, FactValue value) {
  static FoundValue of(int event, String value, String note) {
    return new FoundValue(event, new FactValue(value, note));
  }
}
