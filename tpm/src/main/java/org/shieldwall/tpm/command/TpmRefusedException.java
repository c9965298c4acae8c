package org.shieldwall.tpm.command;

/** The TPM answered a command with an error code. */
public final class TpmRefusedException extends TpmException {
  private static final long serialVersionUID = 1L;

  private final TpmCommand command;
  private final int code;

  TpmRefusedException(TpmCommand command, ResponseCode code) {
    super(message(command, code));
    this.command = command;
    this.code = code.value();
  }

  private static String message(TpmCommand command, ResponseCode code) {
    String hint = code.rc().hint();
    return command.label() + " was refused: " + code + (hint.isEmpty() ? "" : "; " + hint);
  }

  /** {@return the command that was refused} */
  public TpmCommand command() {
    return command;
  }

  /** {@return the code it was refused with} */
  public ResponseCode code() {
    return new ResponseCode(code);
  }

  /** {@return the reason, without the bits that name a handle, session or parameter} */
  public TpmRc rc() {
    return code().rc();
  }
}
