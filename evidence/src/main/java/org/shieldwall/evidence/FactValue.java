package org.shieldwall.evidence;

/**
 * One value of a fact.
 *
 * @param value what is compared
 * @param note what helps a person to recognise it, e.g. a file name that nothing proves; not
 *     compared; may be empty
 */
public record FactValue(String value, String note) {
  /** {@return value and note for a person} */
  public String describe() {
    return note.isEmpty() ? value : value + " (" + note + ")";
  }
}
