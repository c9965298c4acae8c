package org.shieldwall.evidence;

import org.shieldwall.tpm.MalformedException;

/**
 * One reason to refuse.
 *
 * @param code which
 * @param detail what exactly, in a sentence
 * @param expected what should have been there
 * @param found what was there
 */
public record Finding(FindingCode code, String detail, String expected, String found) {
  /** {@return a finding on a part of the evidence that cannot be read} */
  public static Finding malformed(String part, MalformedException problem) {
    return new Finding(
        FindingCode.EVIDENCE_MALFORMED,
        part + " is malformed at offset " + problem.offset(),
        problem.expected(),
        problem.found());
  }

  /** {@return a finding on a part that was not sent} */
  public static Finding missing(String part, String why) {
    return new Finding(FindingCode.EVIDENCE_MISSING, why, part, "nothing");
  }

  @Override
  public String toString() {
    return code.code() + ": " + detail + " (expected " + expected + ", found " + found + ")";
  }
}
