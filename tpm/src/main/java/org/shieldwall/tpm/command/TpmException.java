package org.shieldwall.tpm.command;

/** A TPM did not do what it was asked: it refused, or it cannot be spoken to. */
public abstract sealed class TpmException extends Exception
    permits TpmRefusedException, TpmUnusableException {
  private static final long serialVersionUID = 1L;

  TpmException(String message) {
    super(message);
  }

  TpmException(String message, Throwable cause) {
    super(message, cause);
  }
}
