package org.shieldwall.protocol;

/** The service understood the request and refused it; the problem says why. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  /** A refusal with this problem. */
  public RefusedException(Problem problem) {
    super(problem.title() + ": " + problem.detail());
    this.problem = problem;
  }

  /** {@return why} */
  public Problem problem() {
    return problem;
  }
}
