package org.shieldwall.tpm.command;

/**
 * The TPM cannot be spoken to: its device or process has gone, or what comes back is not a TPM's
 * response. Nothing further sent to it will help.
 */
public final class TpmUnusableException extends TpmException {
  private static final long serialVersionUID = 1L;

  TpmUnusableException(TpmCommand command, Throwable cause) {
    super(command.label() + " could not be carried out: " + cause.getMessage(), cause);
  }

  TpmUnusableException(TpmCommand command, String reason) {
    super(command.label() + " could not be carried out: " + reason);
  }
}
