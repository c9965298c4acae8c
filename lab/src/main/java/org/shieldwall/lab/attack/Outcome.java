package org.shieldwall.lab.attack;

/** What became of an attack. */
sealed interface Outcome {
  /** One line: what refused it, how it got through, or why it was not tried. */
  String line();

  /** {@return the outcome as it is shown} */
  default String word() {
    return switch (this) {
      case Refused ignored -> "refused";
      case Succeeded ignored -> "SUCCEEDED";
      case Failed ignored -> "FAILED";
      case NotTried ignored -> "not tried";
      case NotPromised ignored -> "not promised";
    };
  }

  /** {@return whether the suite as a whole may still pass} */
  default boolean good() {
    return !(this instanceof Succeeded || this instanceof Failed);
  }

  /** It was tried and something named stood in its way. */
  record Refused(String line) implements Outcome {}

  /** It was tried and got what it was after. */
  record Succeeded(String line) implements Outcome {}

  /** Its precondition did not hold, or something else than the protection stopped it. */
  record Failed(String line) implements Outcome {}

  /** This machine lacks what the attack or its protection needs. */
  record NotTried(String line) implements Outcome {}

  /** It was tried and gets through, and docs/threat-model.md says that nothing stops it. */
  record NotPromised(String line) implements Outcome {}
}
