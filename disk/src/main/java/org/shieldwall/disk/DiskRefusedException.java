package org.shieldwall.disk;

/** A disk that is not made, and why. Holds nothing secret. */
public final class DiskRefusedException extends Exception {
  private static final long serialVersionUID = 1;

  private final DiskProblem problem;
  private final String detail;

  /**
   * A refusal that our own check came to.
   *
   * @param detail where, what was expected and what was found
   */
  public DiskRefusedException(DiskProblem problem, String detail) {
    super(problem.title() + ": " + detail);
    this.problem = problem;
    this.detail = detail;
  }

  /** As above, with what the storage said. */
  public DiskRefusedException(DiskProblem problem, String detail, Throwable cause) {
    super(problem.title() + ": " + detail, cause);
    this.problem = problem;
    this.detail = detail;
  }

  /** {@return which of the known reasons} */
  public DiskProblem problem() {
    return problem;
  }

  /** {@return where, what was expected and what was found} */
  public String detail() {
    return detail;
  }
}
