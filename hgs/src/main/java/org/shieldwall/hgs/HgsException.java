package org.shieldwall.hgs;

/** The service cannot be set up or started: what happened, and what mends it. For a person. */
public final class HgsException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String hint;

  /**
   * @param what what happened and what it means, one sentence without a full stop
   * @param hint the command or action that mends it
   */
  public HgsException(String what, String hint) {
    super(what);
    this.hint = hint;
  }

  /**
   * @param what what happened and what it means, one sentence without a full stop
   * @param hint the command or action that mends it
   * @param cause what it came from
   */
  public HgsException(String what, String hint, Throwable cause) {
    super(what, cause);
    this.hint = hint;
  }

  /** {@return what happened} */
  public String what() {
    return String.valueOf(getMessage());
  }

  /** {@return what mends it} */
  public String hint() {
    return hint;
  }
}
