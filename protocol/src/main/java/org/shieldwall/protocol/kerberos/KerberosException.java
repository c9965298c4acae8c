package org.shieldwall.protocol.kerberos;

/** Kerberos does not do what it was asked. */
public final class KerberosException extends Exception {
  private static final long serialVersionUID = 1L;

  private final KerberosProblem problem;

  /** What {@code cause} is. */
  public KerberosException(Exception cause) {
    super(KerberosProblem.of(cause).title(), cause);
    this.problem = KerberosProblem.of(cause);
  }

  /** {@return which problem it is} */
  public KerberosProblem problem() {
    return problem;
  }
}
