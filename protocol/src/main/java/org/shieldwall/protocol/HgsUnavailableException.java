package org.shieldwall.protocol;

import java.io.IOException;

/** The Host Guardian Service gave no answer that counts: what happened, and what mends it. */
public final class HgsUnavailableException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What was in the way. */
  public enum Reason {
    /** Nothing listens there, or no network leads there. */
    UNREACHABLE,
    /** It did not answer in time. */
    TIMEOUT,
    /** It showed another certificate than the one that is trusted, or an expired one. */
    WRONG_CERTIFICATE,
    /** What answers there is not a Host Guardian Service. */
    NOT_AN_HGS
  }

  private final Reason reason;
  private final String hint;

  HgsUnavailableException(Reason reason, String what, String hint, Throwable cause) {
    super(what, cause);
    this.reason = reason;
    this.hint = hint;
  }

  HgsUnavailableException(Reason reason, String what, String hint) {
    super(what);
    this.reason = reason;
    this.hint = hint;
  }

  /** {@return what was in the way} */
  public Reason reason() {
    return reason;
  }

  /** {@return what happened, one sentence without a full stop} */
  public String what() {
    return String.valueOf(getMessage());
  }

  /** {@return what mends it} */
  public String hint() {
    return hint;
  }
}
