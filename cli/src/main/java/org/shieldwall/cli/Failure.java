package org.shieldwall.cli;

import java.util.OptionalLong;
import org.shieldwall.tpm.MalformedException;

/**
 * A command that cannot do what it was asked: what happened, and the command or action that mends
 * it. {@link Main} prints both and nothing else; no stack trace reaches a user.
 */
public final class Failure extends RuntimeException {
  /** Exit code: the answer is no (a refusal, a failed check, a thing not found). */
  public static final int REFUSED = 1;

  /** Exit code: the input or the command line is malformed. */
  public static final int MALFORMED = 2;

  /** Exit code: the machine lacks something (a file, a port, a package, a permission). */
  public static final int ENVIRONMENT = 3;

  private final String hint;
  private final int exitCode;
  private final OptionalLong offset;

  /**
   * @param what what happened and what it means, one sentence without a full stop
   * @param hint the command or action that mends it; empty if there is none
   * @param exitCode one of this class's constants
   */
  public Failure(String what, String hint, int exitCode) {
    this(what, hint, exitCode, OptionalLong.empty());
  }

  private Failure(String what, String hint, int exitCode, OptionalLong offset) {
    super(what);
    this.hint = hint;
    this.exitCode = exitCode;
    this.offset = offset;
  }

  /**
   * {@return the failure that a malformed input is}
   *
   * @param what which input it is
   * @param hint what mends it; empty if nothing is known to
   */
  public static Failure malformed(String what, MalformedException problem, String hint) {
    return new Failure(
        what + ": " + problem.getMessage(), hint, MALFORMED, OptionalLong.of(problem.offset()));
  }

  /** {@return what mends it; empty if nothing is known to} */
  public String hint() {
    return hint;
  }

  /** {@return the exit code of the process} */
  public int exitCode() {
    return exitCode;
  }

  /** {@return where in the input it is, in bytes from its start; empty if it is nowhere there} */
  public OptionalLong offset() {
    return offset;
  }

  /** {@return what happened} */
  public String what() {
    String message = getMessage();
    return message == null ? "failed" : message;
  }
}
