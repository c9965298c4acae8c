package org.shieldwall.protector.state;

import java.io.IOException;

/** A container that is not the one that was written, or not the one that is wanted. */
public final class StateException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Every reason there is. */
  public enum Problem {
    /** Not a container, or of a version this reader does not know. */
    NOT_A_CONTAINER("state-unknown-format", "this is no state file of a version known here"),
    /** It ends before its last segment. */
    TRUNCATED("state-truncated", "the state file ends too early"),
    /** It holds something else. */
    OTHER_KIND("state-of-another-kind", "the state file holds something else"),
    /** It belongs to another VM. */
    OTHER_VM("state-of-another-vm", "the state file belongs to another VM"),
    /** It is of an earlier generation or sequence than the one wanted. */
    OLD("state-old", "the state file is an old one"),
    /** It is of a later generation or sequence than the one wanted. */
    LATER("state-later", "the state file is of a later time"),
    /** Its header was altered, or it was sealed under another key. */
    FOREIGN_KEY("state-foreign-key", "the state file's header was altered, or its key is another"),
    /** Segments were left out, repeated or exchanged. */
    OUT_OF_ORDER("state-out-of-order", "the state file's parts are not in their order"),
    /** A segment was altered, or comes from another container. */
    ALTERED("state-altered", "the state file was altered"),
    /** Something follows the last segment. */
    APPENDED("state-appended", "something was appended to the state file"),
    /** Its content is longer than its kind can be. */
    TOO_LARGE("state-too-large", "the state file holds more than it can");

    private final String code;
    private final String title;

    Problem(String code, String title) {
      this.code = code;
      this.title = title;
    }

    /** {@return the code as answers write it} */
    public String code() {
      return code;
    }

    /** {@return what happened, in a few words} */
    public String title() {
      return title;
    }
  }

  private final Problem problem;
  private final String detail;

  /** What was expected where, and what was found; no content. */
  public StateException(Problem problem, String detail) {
    super(problem.title() + ": " + detail);
    this.problem = problem;
    this.detail = detail;
  }

  public Problem problem() {
    return problem;
  }

  /** {@return what was expected where, and what was found} */
  public String detail() {
    return detail;
  }
}
