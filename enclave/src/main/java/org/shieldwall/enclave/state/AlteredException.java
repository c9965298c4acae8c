package org.shieldwall.enclave.state;

/** A VM's state that is not as the enclave wrote it. */
public final class AlteredException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What was expected and what was found; no content. */
  public AlteredException(String message) {
    super(message);
  }
}
